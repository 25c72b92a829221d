import { ClipError } from "../errors.js";
import { DTYPE_BYTES, type DType } from "./tensor.js";

/** Dimensions of one tensor: CLIP's have at most 4. */
const MOST_DIMENSIONS = 16;

/** Tensors of one checkpoint: the largest CLIP has about 1,500, and its optimizer twice as many more. */
export const MOST_TENSORS = 50_000;

/** Characters of a tensor's name: real ones have under 100. */
export const MOST_NAME_CHARACTERS = 1000;

/** Bytes that a tensor of that shape takes. Raises `checkpoint.format` for anything but whole sizes of a sane number. */
export function bytesOf(name: string, shape: readonly unknown[], dtype: DType): number {
  let bytes = DTYPE_BYTES[dtype];
  if (shape.length > MOST_DIMENSIONS) {
    throw new ClipError(
      "checkpoint.unsafe",
      `Expected ${name} to have at most ${MOST_DIMENSIONS} dimensions but it has ${shape.length}.`,
    );
  }
  for (const size of shape) {
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
      throw new ClipError(
        "checkpoint.format",
        `Expected ${name}'s sizes to be whole numbers but received ${String(size)}.`,
      );
    }
    bytes *= size;
  }
  // A zero among large sizes is an empty tensor; otherwise the product must be exact.
  if (Number.isSafeInteger(bytes)) return bytes;
  if (shape.includes(0)) return 0;
  throw new ClipError(
    "checkpoint.format",
    `Expected ${name} to fit a file but its sizes are [${shape.join(", ")}].`,
  );
}

/** Raises `checkpoint.unsafe` when there are more tensors than believed. */
export function checkTensorCount(count: number, where: string): void {
  if (count > MOST_TENSORS) {
    throw new ClipError(
      "checkpoint.unsafe",
      `Expected at most ${MOST_TENSORS} tensors in ${where} but it has ${count}.`,
    );
  }
}
