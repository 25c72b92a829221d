import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());

const LABELS = ["astronaut", "cat", "coffee", "rocket"];
const SIDE = 192;
const photo = (name: string): string => join(process.cwd(), "test/fixtures/pictures", `${name}.jpg`);

/** Photos in the quarters of a picture, as many as are named: any number of labels holds for a picture. */
async function collage(names: readonly string[], shade: number, file: string): Promise<void> {
  const parts = await Promise.all(
    names.map(async (name) => ({
      input: await sharp(photo(name)).resize(SIDE, SIDE).modulate({ brightness: shade }).toBuffer(),
      left: (LABELS.indexOf(name) % 2) * SIDE,
      top: LABELS.indexOf(name) < 2 ? 0 : SIDE,
    })),
  );
  const background = { r: 90, g: Math.round(100 * shade), b: 120 };
  await sharp({ create: { width: 2 * SIDE, height: 2 * SIDE, channels: 3, background } })
    .composite(parts)
    .png()
    .toFile(file);
}

beforeAll(async () => {
  mkdirSync(join(place.folder, "p"));
  const lines: string[] = [];
  for (let bits = 0; bits < 16; bits++) {
    const names = LABELS.filter((_, i) => (bits >> i) & 1);
    for (const [k, shade] of [0.8, 0.95, 1.1, 1.25].entries()) {
      await collage(names, shade, join(place.folder, "p", `${bits}-${k}.png`));
      lines.push(`p/${bits}-${k}.png,${names.join("|")}`);
    }
  }
  writeFileSync(join(place.folder, "tagged.csv"), `path,labels\n${lines.join("\n")}\n`);
  writeFileSync(join(place.folder, "plain.csv"), "path,label\np/1-0.png,cat\np/2-0.png,rocket\n");
});

const run = (...args: string[]) =>
  place.run([...args, "--cache-images"], { cwd: place.folder, env: { ZEROCLIP_OFFLINE: "1" } });
const classify = (...more: string[]) =>
  run("classify", "p/6-1.png", "--labels", LABELS.join(","), "--independent", ...more);

interface Held {
  readonly label: string;
  readonly probability: number;
  readonly holds: boolean;
}

describe("labels of which any number may hold", () => {
  it("are refused until they are fitted, then each is judged by itself; other calibrations stay", async () => {
    const early = await classify("--json");
    expect(early.code).not.toBe(0);
    expect(early.stderr).toMatch(
      /^error: Expected labels fitted each by itself .*\(calibrate\.independent\)$/m,
    );

    const fitted = await run("calibrate", "tagged.csv", "--independent", "--json");
    expect(fitted.stderr).toBe("");
    const made = JSON.parse(fitted.stdout);
    expect(made).toMatchObject({
      model: "starter",
      images: 64,
      labels: LABELS,
      independent: { labels: LABELS },
    });
    expect(made).not.toHaveProperty("calibration");
    for (const key of ["meanAveragePrecision", "microF1", "macroF1", "exact"]) {
      expect(made.heldOut.after[key]).toBeGreaterThan(0);
      expect(made.heldOut.after[key]).toBeLessThanOrEqual(1);
    }
    expect(made.heldOut.after.meanAveragePrecision).toBeGreaterThan(0.7);
    expect(made.perLabel.map(({ images }: { images: number }) => images)).toEqual([32, 32, 32, 32]);

    const answer = JSON.parse((await classify("--json")).stdout).results[0];
    expect(answer.calibrated).toBe("fitted");
    const { thresholds } = made.independent;
    expect(
      answer.predictions
        .slice(0, 2)
        .map(({ label }: Held) => label)
        .sort(),
    ).toEqual(["cat", "coffee"]);
    for (const { label, probability, holds } of answer.predictions as Held[])
      expect(holds).toBe(probability >= thresholds[LABELS.indexOf(label)]);
    expect(answer.predictions.slice(0, 2).every(({ holds }: Held) => holds)).toBe(true);
    const lines = (await classify()).stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split("\t").at(-1))).toEqual(
      answer.predictions.map(({ holds }: Held) => (holds ? "holds" : "-")),
    );

    // A plain answer is what it was: nothing was fitted for labels that exclude each other.
    const plain = await run("classify", "p/2-0.png", "--labels", LABELS.join(","), "--json");
    expect(JSON.parse(plain.stdout).results[0].calibrated).toBe("default");
  }, 60_000);

  it.each([
    [
      "a list with one label a picture",
      ["plain.csv"],
      /in labels, such as cat\|dog, in line 2 of plain\.csv/,
    ],
    ["a folder", ["p"], /Expected a list \(\.csv, \.tsv, \.jsonl\) with a column labels/],
    ["a method of other calibrations", ["tagged.csv", "--method", "vector"], /without --method/],
  ])("%s is refused", async (_, args, words) => {
    const { code, stderr } = await run("calibrate", ...args, "--independent");
    expect(code).not.toBe(0);
    expect(stderr).toMatch(words);
  });

  it("a list of several labels is refused where one is right", async () => {
    const { code, stderr } = await run("eval", "tagged.csv");
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Expected one label a picture in line 2 of tagged\.csv.*calibrate --independent/);
  });
});
