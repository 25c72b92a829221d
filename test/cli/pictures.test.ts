import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const { run } = place;

const FIXTURES = ["cat", "coffee", "rocket"].map((name) => join(PICTURES, `${name}.jpg`));
const LABELS = "cat,cup of coffee,rocket,bicycle";
const TRUE_LABELS = LABELS.split(",").slice(0, 3);

interface Answer {
  readonly image: string;
  readonly predictions: { label: string; probability: number; similarity: number }[];
  readonly error?: { code: string; message: string };
}
const answersOf = ({ stdout }: Outcome): Answer[] => (JSON.parse(stdout) as { results: Answer[] }).results;

describe("classify --json", () => {
  let outcome: Outcome;
  beforeAll(async () => {
    outcome = await run(["classify", ...FIXTURES, "-l", LABELS, "--json"]);
  });

  it("is exactly the contract's object", () => {
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const parsed = JSON.parse(outcome.stdout) as { model: string; results: Answer[] };
    expect(Object.keys(parsed)).toEqual(["model", "results"]);
    expect(parsed.model).toBe("starter");
    expect(parsed.results.map(({ image }) => image)).toEqual(FIXTURES);
    for (const result of parsed.results) {
      expect(Object.keys(result)).toEqual(["image", "predictions", "calibrated"]);
      expect(result.predictions.map(({ label }) => label).sort()).toEqual(LABELS.split(",").sort());
      const probabilities = result.predictions.map((prediction) => {
        expect(Object.keys(prediction)).toEqual(["label", "probability", "similarity"]);
        expect(Math.abs(prediction.similarity)).toBeLessThanOrEqual(1);
        return prediction.probability;
      });
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(probabilities.reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
    }
  });

  it("finds what the pictures show", () => {
    expect(answersOf(outcome).map(({ predictions }) => predictions[0]!.label)).toEqual(TRUE_LABELS);
  });

  it("finds the woman (a rocket stands behind her, so it is no choice here), at most --top labels", async () => {
    const labels = ["-l", "cat,pineapple,woman,cup of coffee", "--top", "2"];
    const other = await run(["classify", join(PICTURES, "astronaut.jpg"), ...labels, "--json"]);
    expect(other.code).toBe(0);
    expect(answersOf(other)[0]!.predictions.map(({ label }) => label)).toEqual(["woman", expect.any(String)]);
  });
});

it("a folder and a pattern without a picture fail by themselves, a folder alone is no usage", async () => {
  const empty = join(place.folder, "empty");
  mkdirSync(empty);
  const [cat] = FIXTURES as [string];
  const none = join(empty, "*.jpg");
  const outcome = await run(["classify", empty, cat, none, "-l", LABELS, "--json"]);
  expect(outcome.code).toBe(1);
  expect(answersOf(outcome)).toMatchObject([
    {
      image: empty,
      error: { code: "input.none", message: `Expected pictures in the folder ${empty} but found none.` },
    },
    { image: cat, predictions: [{ label: "cat" }, {}, {}, {}] },
    { image: none, error: { code: "input.none" } },
  ]);
  expect(await run(["classify", empty, "-l", LABELS])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("(input.none)"),
  });
});

describe("a folder of 40 good and 5 broken pictures", () => {
  const folder = join(place.folder, "mixed");
  // libvips keeps one list of messages for all its threads, so that of two broken pictures at once one may get no
  // message of its own: then the code is the general one.
  const broken: Record<string, RegExp> = {
    "10-truncated.jpg": /^image\.(?:truncated|decode)$/,
    "15-text.jpg": /^image\.format$/,
    "20-empty.jpg": /^image\.empty$/,
    "25-garbage.png": /^image\.(?:truncated|decode)$/,
    "30-cut.png": /^image\.(?:truncated|decode)$/,
  };

  beforeAll(async () => {
    mkdirSync(folder);
    const endings = ["jpg", "png", "webp", "JPG"];
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const ending = endings[i % 4]!;
        const image = sharp(FIXTURES[i % 3]!).resize(300 - 3 * i);
        const bytes = await image
          .toFormat(ending === "png" || ending === "webp" ? ending : "jpeg")
          .toBuffer();
        writeFileSync(join(folder, `${String(i).padStart(2, "0")}.${ending}`), bytes);
      }),
    );
    const cat = readFileSync(join(PICTURES, "cat.jpg"));
    const png = await sharp(cat).resize(200).png().toBuffer();
    const zero = Buffer.from(png);
    zero.writeUInt32BE(0, 16);
    const write = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes);
    write("10-truncated.jpg", cat.subarray(0, cat.length >> 1));
    write("15-text.jpg", Buffer.from("This is no picture.\n"));
    write("20-empty.jpg", Buffer.alloc(0));
    write("25-garbage.png", zero);
    write("30-cut.png", png.subarray(0, png.length >> 1));
  });

  it("gives 40 answers, 5 errors and exit code 1, without a stack trace", async () => {
    const outcome = await run(["classify", folder, "-l", LABELS, "--json"]);
    expect(outcome.code).toBe(1);
    const answers = answersOf(outcome);
    expect(answers).toHaveLength(45);
    const errors = answers.filter(({ error }) => error !== undefined);
    expect(errors.map(({ image }) => basename(image))).toEqual(Object.keys(broken));
    for (const { image, error, predictions } of errors) {
      expect(error).toEqual({
        code: expect.stringMatching(broken[basename(image)]!),
        message: expect.any(String),
      });
      expect(predictions).toEqual([]);
    }
    for (const answer of answers) {
      if (answer.error !== undefined) continue;
      expect(answer.predictions).toHaveLength(4);
      const number = Number(/(\d\d)\.\w+$/.exec(answer.image)![1]);
      expect(answer.predictions[0]!.label).toBe(TRUE_LABELS[number % 3]);
    }
    expect(outcome.stderr).not.toMatch(STACK);
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(5);
    for (const name of Object.keys(broken)) expect(outcome.stderr).toContain(name);
  });
});
