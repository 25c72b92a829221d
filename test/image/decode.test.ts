import { readFileSync } from "node:fs";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { ClipError } from "../../src/errors.js";
import { decode } from "../../src/image/decode.js";
import { imageOptions } from "../../src/image/options.js";
import { preprocess } from "../../src/image/preprocess.js";

const cat = readFileSync(new URL("../fixtures/pictures/cat.jpg", import.meta.url));
const golden = (name: string): Buffer => readFileSync(new URL(`../golden/image/${name}`, import.meta.url));
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("decode", () => {
  it("refuses data by its content, whatever it is called", async () => {
    const cases: [string, Uint8Array | string][] = [
      ["image.empty", ""],
      ["image.format", "%PDF-1.7 …"],
      ["image.format", "BM  a bitmap"],
      ["image.format", "just words"],
      ["image.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
      ["image.svg", "\ufeff<?xml version='1.0'?><!-- a --><svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>"],
      ["image.svg", Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ];
    for (const [expected, bytes] of cases) {
      await expect(decode(Buffer.from(bytes as string), imageOptions())).rejects.toThrowError(code(expected));
    }
  });

  it.each<[string, Uint8Array, string]>([
    [
      "HEIC",
      Buffer.from("\0\0\0\x18ftypheic\0\0\0\0"),
      "the data is HEIC, which has to be converted to JPEG or PNG",
    ],
    ["BMP", Buffer.from(`BM${"\0".repeat(30)}`), "the data is BMP, which has to be converted to PNG"],
    ["PDF", Buffer.from("%PDF-1.7\n"), "the data is PDF, whose pages have to be made pictures first"],
    ["text", Buffer.from("  hello,\n world  "), 'the data is text ("hello, world")'],
    ["long text", Buffer.from("猫".repeat(400)), `the data is text ("${"猫".repeat(30)}…")`],
    ["noise", Uint8Array.of(1, 2, 3, 0xff), "the data begins with 01 02 03 ff"],
  ])("says what %s is", async (_, bytes, words) => {
    await expect(decode(bytes, imageOptions())).rejects.toMatchObject({
      code: "image.format",
      message: `Expected JPEG, PNG, WebP, GIF, TIFF, AVIF or DICOM but ${words}.`,
    });
  });

  it("renders SVG where it is asked for", async () => {
    const svg = Buffer.from(
      "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='6'><rect width='8' height='6' fill='red'/></svg>",
    );
    const picture = await decode(svg, imageOptions({ svg: true }));
    expect([picture.width, picture.height]).toEqual([8, 6]);
  });

  it("refuses too many bytes and too many pixels before it decodes", async () => {
    await expect(decode(cat, imageOptions({ maxBytes: 1000 }))).rejects.toThrowError(code("image.too-large"));
    await expect(decode(cat, imageOptions({ maxPixels: 100_000 }))).rejects.toThrowError(
      expect.objectContaining({
        code: "image.too-large",
        message: expect.stringContaining("451 × 300 = 135300"),
      }),
    );
  });

  it("a decompression bomb is refused by its header", async () => {
    const bomb = await sharp({
      create: { width: 20_000, height: 20_000, channels: 3, background: "black" },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 9 })
      .toBuffer();
    await expect(decode(bomb, imageOptions())).rejects.toThrowError(code("image.too-large"));
  });

  it.each(["rgb-128x128.png", "progressive-odd.jpg", "webp-odd.webp", "gif-odd.gif", "cmyk-odd.tif"])(
    "%s cut short is an error, not a half-grey picture",
    async (name) => {
      const bytes = golden(name);
      await expect(decode(bytes.subarray(0, bytes.length >> 1), imageOptions())).rejects.toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/^image\.(truncated|decode)$/) }),
      );
    },
  );

  it("a cut picture has the same code however many are decoded beside it", async () => {
    const cut = cat.subarray(0, 5000);
    const codes = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        decode(i % 2 === 0 ? cut : cat, imageOptions()).then(
          () => "good",
          (error: ClipError) => error.code,
        ),
      ),
    );
    expect(new Set(codes.filter((_, i) => i % 2 === 0))).toEqual(new Set(["image.truncated"]));
    expect(new Set(codes.filter((_, i) => i % 2 === 1))).toEqual(new Set(["good"]));
  });

  it("refuses options that make no sense", () => {
    for (const options of [{ maxBytes: 0 }, { maxPixels: 1.5 }, { maxPixels: 2 ** 40 }]) {
      expect(() => imageOptions(options)).toThrowError(code("image.options"));
    }
  });

  it("transparent pixels are white by default", async () => {
    const clear = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } },
    })
      .png()
      .toBuffer();
    const square = (options = imageOptions()) =>
      decode(clear, options).then(
        (picture) =>
          preprocess(picture, { size: 8, resizeTo: 8, filter: "bicubic", style: "openai" }, options)[0]!,
      );
    expect(new Set(await square())).toEqual(new Set([255]));
    expect(new Set(await square(imageOptions({ alpha: "drop" })))).toEqual(new Set([9]));
  });

  it("grey of 16 bit is shown by its high byte unless Pillow's clipping is asked for", async () => {
    const grey = await decode(golden("sixteen-same.png"), imageOptions());
    const prep = { size: 32, resizeTo: 32, filter: "bicubic", style: "openai" } as const;
    const [scaled] = preprocess(grey, prep, imageOptions());
    const [clipped] = preprocess(grey, prep, imageOptions({ depth: "clip" }));
    const words = grey.data;
    expect(scaled![0]).toBe(words[0]! >> 8);
    expect(clipped![0]).toBe(Math.min(255, words[0]!));
  });
});

describe("views", () => {
  const prep = { size: 32, resizeTo: 32, filter: "bicubic", style: "openai" } as const;

  it("flip is the mirror image; five are the centre and four corners", async () => {
    const picture = await decode(cat, imageOptions());
    const [center, flipped] = preprocess(picture, prep, imageOptions(), "flip");
    for (const [x, y] of [
      [0, 0],
      [31, 5],
      [12, 31],
    ] as const) {
      const at = (y * 32 + x) * 3;
      const to = (y * 32 + 31 - x) * 3;
      expect([...center!.subarray(at, at + 3)]).toEqual([...flipped!.subarray(to, to + 3)]);
    }
    const five = preprocess(picture, prep, imageOptions(), "five");
    expect(five).toHaveLength(5);
    expect(five[0]).toEqual(center);
    expect(new Set(five.map((square) => Buffer.from(square).toString("base64"))).size).toBe(5);
  });
});

describe("hostile bytes", () => {
  it.each([
    "rgb-33x32.png",
    "progressive-odd.jpg",
    "webp-alpha-odd.webp",
    "animated-odd.gif",
    "palette-alpha-odd.png",
    "cmyk-odd.tif",
  ])("mutations of %s give a picture or a ClipError with an image code", async (name) => {
    const bytes = golden(name);
    const edit = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { minLength: 1, maxLength: 8 }),
        fc.nat(bytes.length),
        async (edits, length) => {
          const mutant = Buffer.from(bytes.subarray(0, Math.max(length, bytes.length >> 2)));
          for (const { at, value } of edits) if (at < mutant.length) mutant[at] = value;
          try {
            const picture = await decode(mutant, imageOptions({ maxPixels: 1_000_000 }));
            expect(picture.width * picture.height).toBeLessThanOrEqual(1_000_000);
          } catch (error) {
            expect(error).toBeInstanceOf(ClipError);
            expect((error as ClipError).code).toMatch(/^image\./);
          }
        },
      ),
      { numRuns: 150, seed: 20261123 },
    );
  });
});
