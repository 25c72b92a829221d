import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, STACK, workplace } from "../support/command.js";
import { makeShapes } from "../support/shapes.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const { run, folder } = place;

interface Item {
  readonly shape: string;
  readonly predictions: { label: string; probability: number }[];
  readonly points?: number;
  readonly faces?: number;
  readonly error?: { code: string };
}
const itemsOf = ({ stdout }: Outcome): Item[] => (JSON.parse(stdout) as { results: Item[] }).results;

const shapes = join(folder, "shapes");

beforeAll(() => makeShapes(run));

describe("points", () => {
  it("names chairs and guitars, with counts, and saves what the model saw", async () => {
    const outcome = await run([
      "points",
      "shapes",
      "-l",
      "chair,guitar",
      "--views",
      "6",
      "--save-views",
      "views",
      "--json",
    ]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const items = itemsOf(outcome);
    expect(items.map(({ shape }) => shape)).toEqual(
      ["chair/00001.ply", "chair/00002.ply", "guitar/00001.ply", "guitar/00002.ply"].map((name) =>
        join("shapes", name),
      ),
    );
    for (const { shape, predictions, faces } of items) {
      expect(shape).toContain(predictions[0]!.label);
      expect(faces).toBeGreaterThan(20);
    }
    expect(readdirSync(join(folder, "views")).sort()).toEqual(["00001", "00001-2", "00002", "00002-2"]);
    expect(readdirSync(join(folder, "views", "00001")).sort()).toEqual([
      "back.png",
      "bottom.png",
      "front.png",
      "left.png",
      "right.png",
      "top.png",
    ]);
    const { width, format } = await sharp(join(folder, "views", "00001", "front.png")).metadata();
    expect({ width, format }).toEqual({ width: 260, format: "png" });
  });

  it("tells of each bad file in a sentence and goes on", async () => {
    mkdirSync(join(folder, "mixed"));
    writeFileSync(join(folder, "mixed", "a.ply"), "ply\nformat ascii 1.0\n");
    writeFileSync(join(folder, "mixed", "b.xyz"), "1 1 1\n".repeat(9));
    writeFileSync(join(folder, "mixed", "c.ply"), readFileSync(join(shapes, "chair", "00001.ply")));
    const outcome = await run(["points", "mixed", "-l", "chair,guitar", "--views", "6", "--json"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).not.toMatch(STACK);
    expect(outcome.stderr).toMatch(
      /a\.ply: Expected end_header.*\n.*b\.xyz: Expected points at different places/,
    );
    expect(itemsOf(outcome).map(({ error }) => error?.code)).toEqual([
      "points.truncated",
      "points.flat",
      undefined,
    ]);
  });

  it.each([
    [["points", "shapes"], 2, /--labels, --labels-file or --label-set/],
    [["points", "nowhere/", "-l", "a,b"], 2, /nothing is there/],
    [["points", "shapes", "-l", "a,b", "--views", "7"], 2, /Allowed choices are 6, 8, 10/],
    [["points", "shapes", "-l", "a,b", "--view-weights", "none.json"], 2, /no such file/],
    [["points", "shapes", "-l", "a,b", "--scene", "grid"], 2, /--out FILE\.ply/],
    [["points", "generate", "x", "--kinds", "chiar"], 2, /Did you mean chair/],
    [["points", "weigh", "shapes", "-o", "w.json"], 2, /at least 20 labelled shapes/],
  ])("%j", async (args, code, words) => {
    const outcome = await run(args);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(words);
    expect(outcome.stderr).not.toMatch(STACK);
  });
});
