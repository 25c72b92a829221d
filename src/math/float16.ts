/** f32 bits of every f16 value: 256 KiB, made once on first use, so that decoding is one look-up an element. */
let table: Uint32Array | undefined;

/** f16 (IEEE 754 binary16) → f32, exact for every value; NaN stays NaN. */
export function decodeF16(halves: Uint16Array): Float32Array {
  table ??= makeTable();
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]!]!;
  return new Float32Array(bits.buffer);
}

/** bf16 → f32: the upper half of the same bits. */
export function decodeBf16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** f32 → f16, rounded to nearest, ties to even; too large becomes ±infinity, NaN a quiet NaN. */
export function encodeF16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = halfOf(bits[i]!);
  return halves;
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 0x477ff000 is 65520, halfway between the largest f16 (65504) and the next step: it and all above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // 0x38800000 is 2^-14, the smallest normal f16.
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0x0fff + ((rebased >>> 13) & 1)) >>> 13);
  }
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

function makeTable(): Uint32Array {
  const values = new Float32Array(0x10000);
  const bits = new Uint32Array(values.buffer);
  for (let half = 0; half < 0x10000; half++) {
    const exponent = (half >>> 10) & 31;
    const mantissa = half & 1023;
    const sign = ((half & 0x8000) << 16) >>> 0;
    if (exponent === 31) bits[half] = (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
    else if (exponent > 0) bits[half] = (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
    else values[half] = (sign ? -1 : 1) * mantissa * 2 ** -24;
  }
  return bits;
}
