import { describe, expect, it } from "vitest";
import { mirror } from "../../src/image/preprocess.js";
import { seeded } from "../../src/math/random.js";
import { varied } from "../../src/robust/train/varied.js";

const SIZE = 8;
const square = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => (i * 37) % 256);

/** What is drawn, one after the other. */
const drawing = (...values: number[]) => {
  const left = [...values];
  return () => left.shift()!;
};

describe("a picture as it might as well have been taken", () => {
  it("is the whole one where all of its area is drawn, mirrored where that is", () => {
    expect(varied(square, SIZE, drawing(0.5, 1, 0, 0))).toEqual(square);
    expect(varied(square, SIZE, drawing(0.4, 1, 0, 0))).toEqual(mirror(square, SIZE));
  });

  it("is a part of half the area, made as large as the whole", () => {
    const ramp = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => 30 * (Math.floor(i / 3) % SIZE));
    const seen = [...varied(ramp, SIZE, drawing(0.5, 0, 0, 1)).slice(0, SIZE * 3)].filter(
      (_, i) => i % 3 === 0,
    );
    // The right part: columns from 8 · (1 − √½), each √½ of a column wide.
    const expected = Array.from({ length: SIZE }, (_, i) =>
      Math.round(30 * Math.min(SIZE - 1, 8 * (1 - Math.SQRT1_2) + (i + 0.5) * Math.SQRT1_2 - 0.5)),
    );
    expect(seen).toEqual(expected);
  });

  it("hangs on the seed alone, and invents no colours", () => {
    expect(varied(square, SIZE, seeded(3))).toEqual(varied(square, SIZE, seeded(3)));
    expect(varied(square, SIZE, seeded(3))).not.toEqual(varied(square, SIZE, seeded(4)));
    const grey = new Uint8Array(square.length).fill(77);
    for (let seed = 0; seed < 20; seed++) expect(varied(grey, SIZE, seeded(seed))).toEqual(grey);
  });
});
