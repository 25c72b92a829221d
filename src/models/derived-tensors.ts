import { DTYPE_BYTES, type NamedTensor } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import { transposeBytes } from "./permute.js";

/** Several tensors as one, joined along the first axis. Raises `checkpoint.shape` when they do not fit together. */
export function stacked(parts: readonly NamedTensor[]): NamedTensor {
  const first = parts[0]!;
  for (const part of parts) {
    if (part.dtype === first.dtype && String(part.shape) === String(first.shape)) continue;
    const [expected, came] = [first, part].map((t) => `${t.dtype} [${t.shape.join(", ")}]`);
    throw new ClipError(
      "checkpoint.shape",
      `Expected ${part.name} to be ${expected} like ${first.name} but received ${came}.`,
    );
  }
  const byteLength = first.byteLength * parts.length;
  const read = (): Uint8Array => {
    const bytes = new Uint8Array(byteLength);
    parts.forEach((part, i) => {
      bytes.set(part.read(), i * first.byteLength);
    });
    return bytes;
  };
  const name = parts.map((part) => part.name).join(" + ");
  return {
    name,
    dtype: first.dtype,
    shape: [first.shape[0]! * parts.length, ...first.shape.slice(1)],
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
