import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());

/** Photos large enough for workers and for `fast`. */
const photos: string[] = [];
beforeAll(async () => {
  for (const name of ["cat", "coffee", "rocket"]) {
    const path = join(place.folder, `${name}.jpg`);
    await sharp(join(PICTURES, `${name}.jpg`))
      .resize(1600, 1200, { fit: "cover" })
      .jpeg({ quality: 90 })
      .toFile(path);
    photos.push(path);
  }
});

const vectors = async (...options: string[]): Promise<number[][]> => {
  const { code, stdout, stderr } = await place.run(["embed", "--image", ...photos, "--json", ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return (JSON.parse(stdout) as { results: { embedding: number[] }[] }).results.map(
    ({ embedding }) => embedding,
  );
};

it("--workers changes nothing in the vectors, --resize fast little", async () => {
  const [exact, alone, fast] = [
    await vectors(),
    await vectors("--workers", "0"),
    await vectors("--resize", "fast"),
  ];
  expect(alone).toEqual(exact);
  expect(fast).not.toEqual(exact);
  for (const [i, vector] of fast.entries()) {
    expect(vector.reduce((sum, value, j) => sum + value * exact[i]![j]!, 0)).toBeGreaterThan(0.98);
  }
});

it("--batch auto measures once and remembers it under the home", async () => {
  const home = join(place.folder, "auto");
  await vectors("--batch", "auto", "--home", home, "--no-cache");
  const file = join(home, "batch-sizes.json");
  const first = readFileSync(file, "utf8");
  expect(Object.values(JSON.parse(first))).toEqual([expect.any(Number)]);
  await vectors("--batch", "auto", "--home", home, "--no-cache");
  expect(readFileSync(file, "utf8")).toBe(first);
});

it.each([
  ["--batch", "many", "Expected auto or a whole number from 1 to 256."],
  ["--batch", "0", "Expected auto or a whole number from 1 to 256."],
  ["--workers", "65", "Expected a whole number from 0 to 64."],
  ["--resize", "quick", "exact, fast"],
])("%s %s is a mistake in one sentence", async (option, value, words) => {
  const { code, stdout, stderr } = await place.run(["embed", "--image", photos[0]!, option, value]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(words);
  expect(stderr).not.toMatch(STACK);
});
