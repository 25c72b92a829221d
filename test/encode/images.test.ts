import { describe, expect, it } from "vitest";
import { squaresAtOnce } from "../../src/encode/batch-size.js";
import { encodeImages, type ImageSide } from "../../src/encode/images.js";
import type { EncodedImage } from "../../src/encoder.js";
import { orThrow } from "../../src/errors.js";
import { imageOptions } from "../../src/image/options.js";
import { openPreparer } from "../../src/image/preparer.js";
import { type RawPixels, readInput } from "../../src/image/sources.js";
import type { ImageTower } from "../../src/models/manifest.js";

const SIZE = 2;

const tower: ImageTower = {
  file: "image.onnx",
  output: "features",
  input: "pixels",
  pixels: { layout: "u8-nhwc" },
  preprocessing: { size: SIZE, resizeTo: SIZE, filter: "bicubic", style: "openai" },
};

/** A tower whose feature is a square's first pixel, and the sizes of its runs. */
function sideOf(squaresAtOnce: number): ImageSide & { readonly runs: number[] } {
  const runs: number[] = [];
  return {
    runs,
    session: {
      run: async (feeds) => {
        const { data, dims } = feeds["pixels"]!;
        const [n] = dims as [number];
        runs.push(n);
        const rows = Array.from({ length: n }, (_, i) =>
          [0, 1, 2].map((c) => Number(data[i * SIZE * SIZE * 3 + c])),
        );
        return { data: Float32Array.from(rows.flat()), dims: [n, 3] };
      },
    },
    tower,
    dim: 3,
    options: imageOptions(),
    read: (input) => readInput(input, imageOptions()),
    preparer: openPreparer(0),
    squaresAtOnce,
    autoBatch: async () => 4,
  };
}

/** Pictures of one colour each, told apart by their angle. */
const pictures = (count: number): RawPixels[] =>
  Array.from({ length: count }, (_, i) => ({
    data: Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => (at % 3 === 0 ? 10 + i : 100)),
    width: SIZE,
    height: SIZE,
    channels: 3,
  }));

async function encode(side: ImageSide, count: number, batchSize: number): Promise<Float32Array[]> {
  const found: EncodedImage["result"][] = [];
  for await (const { result } of encodeImages(side, pictures(count), { batchSize })) found.push(result);
  return orThrow(found);
}

describe("encodeImages", () => {
  it("computes a large batch in pieces of like size, each picture's feature its own", async () => {
    const whole = sideOf(100);
    const pieces = sideOf(8);
    const expected = await encode(whole, 43, 20);
    expect(whole.runs).toEqual([20, 20, 3]);
    expect(await encode(pieces, 43, 20)).toEqual(expected);
    expect(pieces.runs).toEqual([7, 6, 7, 7, 6, 7, 3]);
    expect(new Set(expected.map(([red]) => red)).size).toBe(43);
  });

  it("leaves batches alone that are no larger than a piece", async () => {
    const side = sideOf(8);
    await encode(side, 17, 8);
    expect(side.runs).toEqual([8, 8, 1]);
  });
});

describe("squaresAtOnce", () => {
  it("hangs on the threads of the CPU; a GPU is given all", () => {
    expect(squaresAtOnce("cpu", 2)).toBe(16);
    expect(squaresAtOnce("wasm", 1)).toBe(8);
    expect(squaresAtOnce("cuda", 2)).toBe(256);
  });
});
