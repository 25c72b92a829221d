import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ClipError } from "../../src/errors.js";
import { decode } from "../../src/image/decode.js";
import { imageOptions } from "../../src/image/options.js";
import { preprocess } from "../../src/image/preprocess.js";
import type { Preprocessing } from "../../src/image/preprocessing.js";
import { expandInputs, readInput } from "../../src/image/sources.js";

const goldens = fileURLToPath(new URL("../golden/image/", import.meta.url));
const prep: Preprocessing = { size: 32, resizeTo: 32, filter: "bicubic", style: "openai" };
const options = imageOptions();

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-folder-"));
  const names = readdirSync(goldens).filter((name) => !name.endsWith(".json"));
  for (const name of names.slice(0, 40)) copyFileSync(join(goldens, name), join(folder, `good-${name}`));
  writeFileSync(join(folder, "bad-empty.png"), "");
  writeFileSync(join(folder, "bad-words.jpg"), "these are words");
  writeFileSync(join(folder, "bad-svg.png"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
  copyFileSync(join(goldens, "rgb-128x128.png"), join(folder, "bad-cut.png"));
  truncateSync(join(folder, "bad-cut.png"), 9000);
  const jpeg = readFileSync(join(goldens, "chroma-odd.jpg"));
  writeFileSync(join(folder, "bad-cut.jpg"), jpeg.subarray(0, jpeg.length >> 1));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function prepared(path: string): Promise<number | string> {
  try {
    const read = await readInput(path, options);
    const picture = read instanceof Uint8Array ? await decode(read, options) : read;
    return preprocess(picture, prep, options)[0]!.length;
  } catch (error) {
    return error instanceof ClipError ? error.code : "another error";
  }
}

it("40 good and 5 broken pictures in a folder: 40 squares and 5 errors", async () => {
  const found = new Map<string, number | string>();
  for await (const path of expandInputs([folder]))
    found.set(path.slice(folder.length + 1), await prepared(path));
  const good = [...found].filter(([name]) => name.startsWith("good-"));
  expect(good.map(([, result]) => result)).toEqual(Array.from({ length: 40 }, () => 32 * 32 * 3));
  expect(Object.fromEntries([...found].filter(([name]) => name.startsWith("bad-")))).toEqual({
    "bad-cut.jpg": "image.truncated",
    "bad-cut.png": "image.truncated",
    "bad-empty.png": "image.empty",
    "bad-svg.png": "image.svg",
    "bad-words.jpg": "image.format",
  });
});

it("refuses a line whose resized length has no bound, and a crop larger than what is cropped", () => {
  const line = { width: 1, height: 100_000, mode: "L", data: new Uint8Array(100_000) } as const;
  const refused = (resizeTo: number, size: number): unknown => {
    try {
      return preprocess(line, { ...prep, resizeTo, size }, options);
    } catch (error) {
      return (error as ClipError).code;
    }
  };
  expect(refused(224, 224)).toBe("image.shape");
  expect(refused(16, 32)).toBe("image.options");
});
