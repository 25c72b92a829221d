import { decodeBf16, decodeF16 } from "../math/float16.js";
import type { NamedTensor } from "./tensor.js";

/**
 * All values of a tensor, row-major, as f32. f16, bf16, i8, u8, i16 and bool are exact; f64, i32 and i64 are rounded to the nearest f32.
 * The result may be a view on what `read` gave: do not write into it.
 */
export function tensorToF32(tensor: NamedTensor): Float32Array {
  const given = tensor.read();
  // A typed view needs its offset to be a multiple of the element: no element is larger than 8 bytes.
  const bytes = given.byteOffset % 8 === 0 ? given : given.slice();
  const { buffer, byteOffset, byteLength } = bytes;
  switch (tensor.dtype) {
    case "f32":
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case "f16":
      return decodeF16(new Uint16Array(buffer, byteOffset, byteLength / 2));
    case "bf16":
      return decodeBf16(new Uint16Array(buffer, byteOffset, byteLength / 2));
    case "f64":
      return Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8));
    case "i64":
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, byteLength / 8), Number);
    case "i32":
      return Float32Array.from(new Int32Array(buffer, byteOffset, byteLength / 4));
    case "i16":
      return Float32Array.from(new Int16Array(buffer, byteOffset, byteLength / 2));
    case "i8":
      return Float32Array.from(new Int8Array(buffer, byteOffset, byteLength));
    case "u8":
      return Float32Array.from(bytes);
    case "bool":
      return Float32Array.from(bytes, (value) => (value === 0 ? 0 : 1));
  }
}
