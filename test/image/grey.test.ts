import { describe, expect, it } from "vitest";
import { deviation, greyOf, laplacianVariance } from "../../src/image/grey.js";
import { brightnessOf } from "../../src/image/grey-kernel.js";
import { seeded } from "../../src/math/random.js";

const SIZES = [
  [1, 1],
  [2, 5],
  [3, 3],
  [4, 3],
  [7, 5],
  [224, 301],
  [512, 512],
  [513, 40],
  [1, 900],
  [800, 600],
] as const;

describe("brightness by the kernel", () => {
  it.each(SIZES)(
    "of %d × %d pixels is what the plain loops find, one picture after another",
    (width, height) => {
      const random = seeded(width + height);
      for (const most of [255, 9]) {
        const rgb = Uint8Array.from({ length: 3 * width * height }, () => Math.round(most * random()));
        const plain = greyOf(rgb, { width, height }, 512);
        const found = brightnessOf(rgb, { width, height });
        expect([found.grey.width, found.grey.height]).toEqual([plain.width, plain.height]);
        expect(found.grey.data.every((light, i) => light === plain.data[i])).toBe(true);
        expect(found.grey.data.length).toBe(plain.data.length);
        expect(found.deviation).toBeCloseTo(deviation(plain), 8);
        expect(found.sharpness / (laplacianVariance(plain) || 1)).toBeCloseTo(
          laplacianVariance(plain) === 0 ? 0 : 1,
          9,
        );
      }
    },
  );
});
