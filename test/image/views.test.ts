import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { imageOptions } from "../../src/image/options.js";
import type { Picture } from "../../src/image/pixels.js";
import { preprocess } from "../../src/image/preprocess.js";
import type { Preprocessing } from "../../src/image/preprocessing.js";
import { resize } from "../../src/image/resize.js";
import { MOST_VIEWS, VIEWS, type Views, viewWeights, windowsOf } from "../../src/image/views.js";

const prep: Preprocessing = { size: 28, resizeTo: 28, filter: "bicubic", style: "openai" };

/** Each window as left, top of a copy of width × height. */
function shown(width: number, height: number, views: Views, changed: Partial<Preprocessing> = {}): string[] {
  const found = windowsOf({ width, height }, { ...prep, ...changed }, views);
  for (const { cropWidth, cropHeight } of found) expect([cropWidth, cropHeight]).toEqual([28, 28]);
  return found.map((one) => `${one.left},${one.top} of ${one.width}x${one.height}`);
}

function picture(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, x = 7; i < data.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    data[i] = x >>> 24;
  }
  return { width, height, mode: "RGB", data };
}

describe("windows of a picture, worked out by hand", () => {
  it.each([
    // 56 × 28 is twice the square: the middle begins at 14. Larger copies: 32 (× 8/7) and 37 (× 64/49 = 36.57).
    [56, 28, "center", ["14,0 of 56x28"]],
    [56, 28, "five", ["14,0 of 56x28", "0,0 of 64x32", "36,0 of 64x32", "0,4 of 64x32", "36,4 of 64x32"]],
    [
      56,
      28,
      "multi-scale",
      [
        "14,0 of 56x28",
        ...["18,2 of 64x32", "0,0 of 64x32", "36,0 of 64x32", "0,4 of 64x32", "36,4 of 64x32"],
        // Halves go to the even neighbour: 9 / 2 → 4.
        ...["23,4 of 74x37", "0,0 of 74x37", "46,0 of 74x37", "0,9 of 74x37", "46,9 of 74x37"],
      ],
    ],
    // A square picture no larger than the tower's: the centre is all there is.
    [28, 28, "tiles", ["0,0 of 28x28"]],
    [10, 10, "tiles", ["0,0 of 28x28"]],
    // At least a quarter in common: steps of at most 21. 70 − 28 = 42 → 2 steps; 49 − 28 = 21 → 1 step.
    [
      70,
      49,
      "tiles",
      [
        "6,0 of 40x28",
        ...["0,0 of 70x49", "21,0 of 70x49", "42,0 of 70x49"],
        ...["0,21 of 70x49", "21,21 of 70x49", "42,21 of 70x49"],
      ],
    ],
    // Upright and small: scaled to a square's width, then along its height. 84 − 28 = 56 → 3 steps of 18.67.
    [14, 42, "tiles", ["0,28 of 28x84", "0,0 of 28x84", "0,19 of 28x84", "0,37 of 28x84", "0,56 of 28x84"]],
  ] as const)("%i × %i, %s", (width, height, views, expected) => {
    expect(shown(width, height, views)).toEqual(expected);
  });

  it("a picture that needs more than 31 tiles is cut from the largest copy that does not", () => {
    // Steps of 21: 5 × 5 tiles reach 28 + 4 · 21 = 112 pixels; 6 × 6 would be 36.
    const found = shown(1000, 1000, "tiles");
    expect(found).toHaveLength(26);
    expect(found[1]).toBe("0,0 of 112x112");
    expect(found.at(-1)).toBe("84,84 of 112x112");
  });

  it("a strip of any length has 31 tiles from end to end", () => {
    const found = shown(65_535, 1, "tiles");
    expect(found).toHaveLength(32);
    expect(found[1]).toBe("0,0 of 1834980x28");
    expect(found.at(-1)).toBe("1834952,0 of 1834980x28");
  });

  it("a model that squashes has squashed copies, but tiles of the picture's own shape", () => {
    expect(shown(90, 45, "five", { resizeTo: "squash" })).toEqual([
      "0,0 of 28x28",
      ...["0,0 of 32x32", "4,0 of 32x32", "0,4 of 32x32", "4,4 of 32x32"],
    ]);
    expect(shown(56, 28, "tiles", { resizeTo: "squash" })[1]).toBe("0,0 of 56x28");
  });

  it("tiles cover every pixel, overlap by a quarter and are never more than the bound, whatever the shape", () => {
    for (let width = 1; width < 400; width += 13) {
      for (let height = 1; height < 400; height += 17) {
        const [, ...cut] = windowsOf({ width, height }, prep, "tiles");
        expect(cut.length).toBeLessThanOrEqual(31);
        for (const side of [cut.map(({ left }) => left), cut.map(({ top }) => top)]) {
          const places = [...new Set(side)].sort((a, b) => a - b);
          if (cut.length === 31) continue;
          for (const [i, place] of places.entries()) {
            expect(place - (places[i - 1] ?? place)).toBeLessThanOrEqual(22);
          }
        }
      }
    }
  });
});

describe("squares", () => {
  const photo = picture(150, 90);

  it.each(VIEWS)("%s: never more than are promised, the centre first", (views) => {
    const squares = preprocess(photo, prep, imageOptions(), views);
    expect(squares.length).toBeLessThanOrEqual(MOST_VIEWS[views]);
    expect(squares[0]).toEqual(preprocess(photo, prep, imageOptions())[0]);
    const weights = viewWeights(views, squares.length);
    if (weights) expect(weights).toHaveLength(squares.length);
  });

  it.each(["five", "multi-scale", "tiles"] as const)("%s: the bytes of the whole copy, cut", (views) => {
    const squares = preprocess(photo, prep, imageOptions(), views);
    const windows = windowsOf(photo, prep, views);
    for (const [i, window] of windows.entries()) {
      const { width, height, left, top } = window;
      const copy = resize(
        { width: 150, height: 90, channels: 3, data: photo.data as Uint8Array },
        { width, height, left: 0, top: 0, cropWidth: width, cropHeight: height },
        "bicubic",
      );
      const cut = new Uint8Array(28 * 28 * 3);
      for (let y = 0; y < 28; y++) {
        const from = ((top + y) * width + left) * 3;
        cut.set(copy.subarray(from, from + 28 * 3), y * 28 * 3);
      }
      expect(createHash("md5").update(squares[i]!).digest("hex")).toBe(
        createHash("md5").update(cut).digest("hex"),
      );
    }
  });

  it("tiles at the picture's own size are its own bytes", () => {
    const small = picture(70, 49);
    const [, first] = preprocess(small, prep, imageOptions(), "tiles");
    for (let y = 0; y < 28; y++) {
      expect(first!.subarray(y * 84, (y + 1) * 84)).toEqual(small.data.subarray(y * 210, y * 210 + 84));
    }
  });

  it("weights sum to one scale after another: a half, a third, a sixth; the whole as much as its tiles", () => {
    const scales = viewWeights("multi-scale", 11)!;
    expect(scales[0]).toBe(1 / 2);
    expect(scales.slice(1, 6).reduce((a, b) => a + b)).toBeCloseTo(1 / 3);
    expect(scales.slice(6).reduce((a, b) => a + b)).toBeCloseTo(1 / 6);
    expect(viewWeights("tiles", 5)).toEqual([1, 0.25, 0.25, 0.25, 0.25]);
    expect(viewWeights("tiles", 1)).toBeUndefined();
    expect(viewWeights("five", 5)).toBeUndefined();
  });
});
