import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClipError } from "../../src/errors.js";
import type { Preprocessing } from "../../src/image/preprocessing.js";
import type { RawPixels } from "../../src/image/sources.js";
import { calibrationInputs, collectSquares } from "../../src/quantize/pictures.js";

const SMALL: Preprocessing = { size: 8, resizeTo: 8, filter: "bicubic", style: "openai" };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-pictures-"));
  await mkdir(join(folder, "empty"));
});
afterAll(() => rm(folder, { recursive: true }));

const plain = (value: number): RawPixels => ({
  data: new Uint8Array(20 * 10 * 3).fill(value),
  width: 20,
  height: 10,
  channels: 3,
});

describe("calibrationInputs", () => {
  test("without any the photos of the package are taken", async () => {
    const inputs = await calibrationInputs(undefined);
    expect(inputs.length).toBeGreaterThanOrEqual(8);
  });

  test("of very many a seeded sample in their own order is taken", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `${i}.jpg`);
    const first = await calibrationInputs(many);
    expect(first).toHaveLength(256);
    expect(await calibrationInputs(many)).toEqual(first);
    const positions = first.map((name) => many.indexOf(String(name)));
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(positions.at(-1)! - positions[0]!).toBeGreaterThan(800);
  });

  test("a folder without a picture and an empty list are errors", async () => {
    await expect(calibrationInputs(join(folder, "empty"))).rejects.toMatchObject({ code: "input.none" });
    await expect(calibrationInputs([])).rejects.toMatchObject({ code: "quantize.calibration" });
  });
});

describe("collectSquares", () => {
  test("a few photos give many different squares, the same each time", async () => {
    const inputs = await calibrationInputs(undefined);
    const first = await collectSquares(inputs, SMALL, "crops");
    expect(first.squares.length).toBeGreaterThanOrEqual(64);
    expect(new Set(first.squares.map((square) => Buffer.from(square).toString("hex"))).size).toBe(
      first.squares.length,
    );
    expect(first.squares.every(({ length }) => length === 8 * 8 * 3)).toBe(true);
    const second = await collectSquares(inputs, SMALL, "crops");
    expect(second.squares).toEqual(first.squares);
  });

  test("whole pictures give one square each; what can't be read is told and left out", async () => {
    const broken = join(folder, "broken.jpg");
    await writeFile(broken, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
    const skipped: [string, string][] = [];
    const found = await collectSquares([plain(1), broken, plain(2)], SMALL, "whole", {
      onSkip: (name, { code }) => skipped.push([name, code]),
    });
    expect(found.origins).toEqual([0, 2]);
    expect(found.squares.map((square) => square[0])).toEqual([1, 2]);
    expect(found.skipped).toBe(1);
    expect(skipped).toEqual([[broken, expect.stringMatching(/^image\./)]]);
  });

  test("where none can be read, the sentence says why", async () => {
    const error = await collectSquares([join(folder, "no.jpg")], SMALL, "whole").catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ClipError);
    expect(error).toMatchObject({
      code: "quantize.calibration",
      message: expect.stringMatching(/none of 1 could be read: .*no\.jpg.*there is no such file/),
    });
  });

  test("stops when told", async () => {
    const options = { signal: AbortSignal.abort() };
    await expect(collectSquares([plain(1)], SMALL, "whole", options)).rejects.toMatchObject({
      code: "aborted",
    });
  });
});
