/** Element types that checkpoints hold. Little-endian, row-major everywhere. */
export type DType = "f16" | "bf16" | "f32" | "f64" | "u8" | "i8" | "i16" | "i32" | "i64" | "bool";

/** Bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<DType, number>> = {
  f16: 2,
  bf16: 2,
  f32: 4,
  f64: 8,
  u8: 1,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  bool: 1,
};

/** A tensor by name: its bytes are read from the file only when asked for, so that a checkpoint costs no memory. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** product(shape) × DTYPE_BYTES[dtype]; checked when the file is opened. */
  readonly byteLength: number;
  /** The bytes, little-endian and row-major (contiguous even when the file stores strides). Do not write into them. */
  read(): Uint8Array;
}

export type TensorMap = ReadonlyMap<string, NamedTensor>;
