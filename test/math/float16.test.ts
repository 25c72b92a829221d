import { expect, test } from "vitest";
import { tensorToF32 } from "../../src/checkpoint/to-f32.js";
import { decodeBf16, decodeF16, encodeF16 } from "../../src/math/float16.js";

/** IEEE 754's formula, in doubles. */
function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

const all = Uint16Array.from({ length: 0x10000 }, (_, half) => half);

test("every f16 is decoded by the formula, and encoded back to itself", () => {
  const values = decodeF16(all);
  const wrong = all.filter((half) => !Object.is(values[half], numberOf(half)));
  expect([...wrong]).toEqual([]);
  const back = encodeF16(values);
  expect([...all.filter((half) => !Number.isNaN(values[half]) && back[half] !== half)]).toEqual([]);
  expect([...all.filter((half) => Number.isNaN(values[half]) && (back[half]! & 0x7fff) !== 0x7e00)]).toEqual(
    [],
  );
});

test("values between two f16 go to the nearer, halfway to the even one, and beyond the largest to infinity", () => {
  const finite = all.filter((half) => half < 0x7c00);
  for (const half of finite.filter((each) => each % 7 === 0)) {
    const low = numberOf(half);
    // Above the largest, 65504, the next step would be 65536.
    const high = half === 0x7bff ? 65536 : numberOf(half + 1);
    const middle = (low + high) / 2;
    const even = half % 2 === 0 ? half : half + 1;
    const nudge = (high - low) / 1000;
    const given = new Float32Array([middle - nudge, middle, middle + nudge, -middle]);
    expect([...encodeF16(given)]).toEqual([half, even, half + 1, even | 0x8000]);
  }
  expect([...encodeF16(new Float32Array([1e-30, -1e-30, 1e30, Number.NaN]))]).toEqual([
    0, 0x8000, 0x7c00, 0x7e00,
  ]);
});

test("bf16 is the upper half of an f32", () => {
  const given = new Float32Array([1, -2.5, 3.0517578125e-5, Number.POSITIVE_INFINITY, -0]);
  const halves = Uint16Array.from(new Uint32Array(given.buffer), (bits) => bits >>> 16);
  expect([...decodeBf16(halves)]).toEqual([...given]);
});

test("tensors at odd places in memory are decoded too", () => {
  const bytes = new Uint8Array(13);
  bytes.set(new Uint8Array(new Float32Array([1.5, -2, 3]).buffer), 1);
  const tensor = {
    name: "a",
    dtype: "f32",
    shape: [3],
    byteLength: 12,
    read: () => bytes.subarray(1),
  } as const;
  expect([...tensorToF32(tensor)]).toEqual([1.5, -2, 3]);
});
