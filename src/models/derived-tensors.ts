import { DTYPE_BYTES, type NamedTensor } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import { transposeBytes } from "./permute.js";

/** Several tensors as one, joined along the first axis. Raises `checkpoint.shape` when they do not fit together. */
export function stacked(parts: readonly NamedTensor[]): NamedTensor {
  const first = parts[0]!;
  for (const part of parts) {
    const [own, others] = [part.shape.slice(1), first.shape.slice(1)];
    if (part.dtype === first.dtype && part.shape.length > 0 && String(own) === String(others)) continue;
    const [expected, came] = [first, part].map((t) => `${t.dtype} [${t.shape.join(", ")}]`);
    throw new ClipError(
      "checkpoint.shape",
      `Expected ${part.name} to be ${expected} like ${first.name} but received ${came}.`,
    );
  }
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const read = (): Uint8Array => {
    const bytes = new Uint8Array(byteLength);
    let at = 0;
    for (const part of parts) {
      bytes.set(part.read(), at);
      at += part.byteLength;
    }
    return bytes;
  };
  const name = parts.map((part) => part.name).join(" + ");
  return {
    name,
    dtype: first.dtype,
    shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...first.shape.slice(1)],
    byteLength,
    read,
  };
}

/** [rows, columns] → [columns, rows]. Raises `checkpoint.shape` for another rank. */
export function transposed(tensor: NamedTensor): NamedTensor {
  const [rows, columns, ...more] = tensor.shape;
  if (rows === undefined || columns === undefined || more.length > 0) {
    const came = `[${tensor.shape.join(", ")}]`;
    throw new ClipError(
      "checkpoint.shape",
      `Expected ${tensor.name} to have 2 dimensions but received ${came}.`,
    );
  }
  const { dtype, byteLength } = tensor;
  const read = (): Uint8Array => transposeBytes(tensor.read(), rows, columns, DTYPE_BYTES[dtype]);
  return { name: `${tensor.name} (transposed)`, dtype, shape: [columns, rows], byteLength, read };
}

/** The same numbers without a first axis of size 1. Raises `checkpoint.shape` where there is none. */
export function squeezed(tensor: NamedTensor): NamedTensor {
  const [first, ...shape] = tensor.shape;
  if (first === 1 && shape.length > 0) return { ...tensor, shape };
  const message = `Expected ${tensor.name} to have a first dimension of 1 but received [${tensor.shape.join(", ")}].`;
  throw new ClipError("checkpoint.shape", message);
}
