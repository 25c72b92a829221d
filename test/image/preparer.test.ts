import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageOptions } from "../../src/image/options.js";
import type { PictureJob } from "../../src/image/prepare.js";
import { openPreparer } from "../../src/image/preparer.js";
import { programUrl } from "../../src/threads/thread.js";

const preprocessing = { size: 64, resizeTo: 64, filter: "bicubic", style: "openai" } as const;
const options = imageOptions();
const jobOf = (source: PictureJob["source"], views: PictureJob["views"] = "center"): PictureJob => ({
  source,
  preprocessing,
  options,
  views,
});

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Noise, so that nothing is small when encoded; `seed` makes it another picture. */
function noise(width: number, height: number, channels: 3 | 4, seed: number): Sharp {
  const data = new Uint8Array(width * height * channels);
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return sharp(data, { raw: { width, height, channels } });
}
const raw = (width: number, seed: number): PictureJob["source"] => ({
  width,
  height: 600,
  mode: "RGB",
  data: new Uint8Array(width * 600 * 3).fill(seed),
});

let folder = "";
let large: Uint8Array = new Uint8Array();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-preparer-"));
  large = await noise(640, 480, 3, 1).jpeg({ quality: 95 }).toBuffer();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A worker's program in place of worker.js. */
function program(name: string, body: string): URL {
  const path = join(folder, `${name}.mjs`);
  const head = `import { answerCalls } from ${JSON.stringify(programUrl("threads/thread").href)};
import { preparePicture } from ${JSON.stringify(programUrl("image/prepare").href)};
import { setTimeout as sleep } from "node:timers/promises";
`;
  writeFileSync(path, head + body);
  return pathToFileURL(path);
}

describe("squares", () => {
  const kinds: [string, () => Promise<PictureJob["source"]> | PictureJob["source"]][] = [
    ["JPEG", () => large],
    ["a part of a larger buffer", () => Buffer.concat([Buffer.from("xx"), large]).subarray(2)],
    ["PNG", () => noise(300, 200, 3, 2).png().toBuffer()],
    ["RGBA", () => noise(200, 300, 4, 3).png().toBuffer()],
    ["16 bit", () => noise(400, 300, 3, 4).toColourspace("grey16").png().toBuffer()],
    ["grey", () => noise(500, 400, 3, 5).grayscale().png().toBuffer()],
    ["CMYK", () => noise(400, 300, 3, 6).toColourspace("cmyk").jpeg().toBuffer()],
    ["raw RGB", () => raw(700, 9)],
    [
      "raw 16 bit",
      () => ({
        width: 900,
        height: 900,
        mode: "I;16",
        data: Uint16Array.from({ length: 810_000 }, (_, i) => i),
      }),
    ],
  ];

  it.each(kinds)("are the same bytes with and without workers: %s", async (kind, make) => {
    await using alone = openPreparer(0);
    await using threaded = openPreparer(2);
    const source = await make();
    for (const views of kind === "raw 16 bit" ? (["center"] as const) : (["center", "five"] as const)) {
      const { squares: expected } = await alone.prepare(jobOf(source, views));
      expect(expected.map(({ length }) => length)).toEqual(Array(views === "five" ? 5 : 1).fill(64 * 64 * 3));
      // The first large picture is prepared on this thread.
      const results = await Promise.all([1, 2, 3].map(() => threaded.prepare(jobOf(source, views))));
      for (const { squares } of results) expect(squares.map(digest)).toEqual(expected.map(digest));
    }
  });
});

describe("workers", () => {
  it("get large pictures but the first, and no small ones", async () => {
    const told = program(
      "told",
      "answerCalls(async () => ({ answer: { squares: [Uint8Array.of(7)] } }), 2);",
    );
    const small = await noise(100, 100, 3, 1).jpeg().toBuffer();
    await using preparer = openPreparer(2, told);
    const lengths: number[] = [];
    for (const source of [large, small, large, raw(700, 1), raw(50, 1), small]) {
      lengths.push((await preparer.prepare(jobOf(source))).squares[0]!.length);
    }
    const here = 64 * 64 * 3;
    expect(lengths).toEqual([here, here, 1, 1, here, here]);
  });

  it("give a bad picture's code, and the others' squares", async () => {
    await using preparer = openPreparer(2);
    const cut = large.subarray(0, large.length - 20_000);
    const words = new Uint8Array(100_000).fill(65);
    const thin = { ...raw(1, 1), width: 1, height: 1_000_000, data: new Uint8Array(3_000_000) };
    const results = await Promise.allSettled(
      [large, cut, large, words, thin, large].map((source) => preparer.prepare(jobOf(source))),
    );
    expect(
      results.map((one) => (one.status === "rejected" ? one.reason.code : one.value.squares.length)),
    ).toEqual([1, "image.truncated", 1, "image.format", "image.shape", 1]);
  });

  it("cost only the picture by which one dies", async () => {
    const deadly = program(
      "deadly",
      `answerCalls(async (job) => {
        await sleep(20);
        if (job.source.width === 777) process.exit(1);
        return { answer: await preparePicture(job) };
      }, 2);`,
    );
    await using preparer = openPreparer(2, deadly);
    const widths = [700, 701, 702, 777, 703, 704, 777, 705];
    for (const width of widths.slice(0, 2)) await preparer.prepare(jobOf(raw(width, 1)));
    const results = await Promise.allSettled(widths.map((width) => preparer.prepare(jobOf(raw(width, 3)))));
    expect(
      results.map((one) => (one.status === "rejected" ? one.reason.code : one.value.squares.length)),
    ).toEqual(widths.map((width) => (width === 777 ? "runtime.thread" : 1)));
    expect((await preparer.prepare(jobOf(raw(706, 1)))).squares).toHaveLength(1);
  });

  it("are done without where their program is not there", async () => {
    await using preparer = openPreparer(2, pathToFileURL(join(folder, "missing.mjs")));
    const { squares: expected } = await openPreparer(0).prepare(jobOf(large));
    const results = await Promise.all([1, 2, 3, 4].map(() => preparer.prepare(jobOf(large))));
    for (const { squares } of results) expect(squares.map(digest)).toEqual(expected.map(digest));
  });

  it.each([-1, 1.5, 65, Number.NaN])("can't be %s", (workers) => {
    expect(() => openPreparer(workers)).toThrowError(
      expect.objectContaining({
        code: "usage.workers",
        message: `Expected 0 to 64 workers but received ${workers}.`,
      }),
    );
  });
});

describe("resize: fast", () => {
  const fast = imageOptions({ resize: "fast" });
  const photo = readFileSync(new URL("../fixtures/pictures/astronaut.jpg", import.meta.url));
  const squareOf = async (source: Uint8Array, given: Partial<PictureJob> = {}): Promise<Uint8Array> => {
    const { squares } = await openPreparer(0).prepare({ ...jobOf(source), ...given });
    return squares[0]!;
  };
  const meanDifference = (a: Uint8Array, b: Uint8Array): number =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
  /** The photo at another size, with an EXIF orientation where one is asked for. */
  const at = (width: number, height: number, orientation?: number): Promise<Buffer> => {
    const image = sharp(photo).resize(width, height, { fit: "fill" }).jpeg({ quality: 92 });
    return (orientation ? image.withMetadata({ orientation }) : image).toBuffer();
  };

  it.each([
    ["wide", 1600, 1200, undefined],
    ["tall", 601, 1203, undefined],
    ["lying on its side", 1600, 1200, 6],
    ["mirrored", 640, 900, 7],
  ] as const)("is near the exact square: %s", async (_, width, height, orientation) => {
    const source = await at(width, height, orientation);
    for (const given of [
      {},
      { preprocessing: { ...preprocessing, resizeTo: "squash", filter: "bilinear" } as const },
      { preprocessing: { ...preprocessing, style: "huggingface", resizeTo: 80 } as const },
    ]) {
      const exact = await squareOf(source, given);
      const quick = await squareOf(source, { ...given, options: fast });
      expect(quick.length).toBe(exact.length);
      expect(Buffer.compare(quick, exact)).not.toBe(0);
      // Of 255; the same square one pixel aside differs by 20.
      expect(meanDifference(quick, exact)).toBeLessThan(4);
    }
  });

  it("leaves all else as it is, byte for byte", async () => {
    const jpeg = await at(1000, 800);
    const cases: [Uint8Array, Partial<PictureJob>][] = [
      [await at(120, 100), {}],
      [await sharp(jpeg).png().toBuffer(), {}],
      [await sharp(jpeg).webp().toBuffer(), {}],
      [await sharp(jpeg).toColourspace("cmyk").jpeg().toBuffer(), {}],
      [jpeg, { views: "five" }],
      [jpeg, { preprocessing: { ...preprocessing, filter: "nearest" } }],
    ];
    for (const [source, given] of cases) {
      const exact = await squareOf(source, given);
      expect(Buffer.compare(await squareOf(source, { ...given, options: fast }), exact)).toBe(0);
    }
  });

  it("tells bad pictures and bad words as the exact way does", async () => {
    const jpeg = await at(1000, 800);
    const cut = jpeg.subarray(0, jpeg.length / 2);
    await expect(squareOf(cut, { options: fast })).rejects.toMatchObject({ code: "image.truncated" });
    expect(() => imageOptions({ resize: "quick" as "fast" })).toThrowError(
      expect.objectContaining({ code: "image.options" }),
    );
  });
});
