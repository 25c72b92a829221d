import { ClipError } from "../errors.js";
import type { TensorReference } from "./pickle-values.js";
import { bytesOf } from "./shape.js";
import { DTYPE_BYTES, type NamedTensor } from "./tensor.js";

/** Where a storage's bytes lie. */
export interface StorageBytes {
  readonly byteLength: number;
  read(offset: number, length: number): Uint8Array;
}

/** Bytes that a tensor may take beyond its storage (strides of 0 repeat values): real ones are position ids and masks. */
const MOST_REPEATED_BYTES = 2 ** 24;

/** A torch view as a tensor whose `read` gives contiguous bytes. Raises `checkpoint.truncated`, `.format` or `.unsafe`. */
export function stridedTensor(name: string, view: TensorReference, bytes: StorageBytes): NamedTensor {
  const { dtype, shape, strides, storage } = view;
  const size = DTYPE_BYTES[dtype];
  const unit = storage.dtype ? DTYPE_BYTES[storage.dtype] : 1;
  if (storage.dtype && storage.dtype !== dtype) {
    throw new ClipError(
      "checkpoint.format",
      `Expected ${name} to be ${storage.dtype} like its storage but it is ${dtype}.`,
    );
  }
  if (bytes.byteLength < storage.length * unit) {
    const message = `Expected the storage of ${name} to have ${storage.length * unit} bytes but it has ${bytes.byteLength}.`;
    throw new ClipError("checkpoint.truncated", message);
  }
  const byteLength = bytesOf(name, shape, dtype);
  const start = storage.part.start * unit + view.offset * size;
  const span =
    byteLength === 0 ? 0 : size * (1 + shape.reduce((sum, n, i) => sum + (n - 1) * strides[i]!, 0));
  if (!(view.offset * size + span <= storage.part.length * unit)) {
    const message = `Expected ${name} to lie inside its storage of ${storage.part.length * unit} bytes but its sizes and strides leave it.`;
    throw new ClipError("checkpoint.format", message);
  }
  if (byteLength > span + MOST_REPEATED_BYTES) {
    throw new ClipError(
      "checkpoint.unsafe",
      `Expected ${name} to repeat at most ${MOST_REPEATED_BYTES} bytes but it is ${byteLength} bytes over ${span}.`,
    );
  }
  const isPlain = isContiguous(shape, strides);
  const read = (): Uint8Array => {
    if (byteLength === 0) return new Uint8Array(0);
    const stored = bytes.read(start, span);
    return isPlain ? stored : gather(stored, byteLength, shape, strides, size);
  };
  return { name, dtype, shape, byteLength, read };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i]!;
  }
  return true;
}

/** Copies by element type rather than by byte; 8-byte elements as pairs, for a copy through doubles may change a NaN. */
function gather(
  stored: Uint8Array,
  byteLength: number,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): Uint8Array {
  const isPair = size === 8;
  const sizes = isPair ? [...shape, 2] : [...shape];
  const steps = isPair ? [...strides.map((step) => 2 * step), 1] : [...strides];
  const Words = size === 1 ? Uint8Array : size === 2 ? Uint16Array : Uint32Array;
  const aligned = new Uint8Array(stored);
  const from = new Words(aligned.buffer);
  const result = new Uint8Array(byteLength);
  copy(from, new Words(result.buffer), sizes, steps);
  return result;
}

/** Walks all places of the view in row-major order; the last axis in a plain loop. */
function copy<T extends Uint8Array | Uint16Array | Uint32Array>(
  from: T,
  to: T,
  sizes: number[],
  steps: number[],
): void {
  const inner = sizes.at(-1) ?? 1;
  const step = steps.at(-1) ?? 1;
  const place = new Array<number>(Math.max(0, sizes.length - 1)).fill(0);
  let at = 0;
  for (let done = 0; done < to.length; ) {
    for (let i = 0; i < inner; i++) to[done++] = from[at + i * step]!;
    for (let axis = place.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++place[axis]! < sizes[axis]!) break;
      at -= sizes[axis]! * steps[axis]!;
      place[axis] = 0;
    }
  }
}
