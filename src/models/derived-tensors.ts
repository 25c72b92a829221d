import { DTYPE_BYTES, type NamedTensor } from "../checkpoint/tensor.js";
import { tensorToF32 } from "../checkpoint/to-f32.js";
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

/** The part at `index` along the first axis, of a tensor of that shape. Raises `checkpoint.shape` for another one. */
export function picked(tensor: NamedTensor, index: number, shape: readonly number[]): NamedTensor {
  if (String(tensor.shape) !== String(shape)) {
    const [expected, came] = [shape, tensor.shape].map((sizes) => `[${sizes.join(", ")}]`);
    throw new ClipError(
      "checkpoint.shape",
      `Expected ${tensor.name} to have shape ${expected} but received ${came}.`,
    );
  }
  const byteLength = tensor.byteLength / shape[0]!;
  return {
    ...tensor,
    name: `${tensor.name}[${index}]`,
    shape: shape.slice(1),
    byteLength,
    read: () => tensor.read().subarray(index * byteLength, (index + 1) * byteLength),
  };
}

/** Each number times a factor, as f32. */
export function scaled(tensor: NamedTensor, factor: number): NamedTensor {
  return floats(`${tensor.name} · ${factor}`, tensor.shape, () =>
    tensorToF32(tensor).map((value) => value * factor),
  );
}

/** [rows, columns] + scale · [rows, rank] · [rank, columns], as f32. */
export function adapted(
  original: NamedTensor,
  left: NamedTensor,
  right: NamedTensor,
  scale: number,
): NamedTensor {
  const [rows, columns] = original.shape as readonly [number, number];
  const rank = right.shape[0]!;
  return floats(`${original.name} + ${left.name} · ${right.name}`, [rows, columns], () => {
    const sum = tensorToF32(original).slice();
    const [into, out] = [tensorToF32(left), tensorToF32(right)];
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < rank; k++) {
        const share = scale * into[row * rank + k]!;
        const [to, from] = [row * columns, k * columns];
        for (let i = 0; i < columns; i++) sum[to + i]! += share * out[from + i]!;
      }
    }
    return sum;
  });
}

function floats(name: string, shape: readonly number[], values: () => Float32Array): NamedTensor {
  const read = (): Uint8Array => {
    const { buffer, byteOffset, byteLength } = values();
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  return { name, dtype: "f32", shape, byteLength: 4 * shape.reduce((a, b) => a * b, 1), read };
}
