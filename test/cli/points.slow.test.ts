import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readShape } from "../../src/points/read/read.js";
import { plyBytes } from "../../src/points/write-ply.js";
import { room } from "../points/room.js";
import { workplace } from "../support/command.js";
import { makeShapes } from "../support/shapes.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const { run, folder } = place;

beforeAll(() => makeShapes(run));

it("a scene is labelled in parts and written in colours", async () => {
  writeFileSync(join(folder, "room.ply"), plyBytes(room(["chair", "chair"])));
  const args = [
    "points",
    "room.ply",
    "-l",
    "chair,guitar",
    "--views",
    "6",
    "--scene",
    "clusters",
    "--cell",
    "0.06",
    "-o",
    "out.ply",
    "--json",
  ];
  const outcome = await run(args);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const { parts, without } = JSON.parse(outcome.stdout) as {
    parts: { points: number; predictions: { label: string }[] }[];
    without: number;
  };
  expect(parts.map(({ predictions }) => predictions[0]!.label)).toEqual(["chair", "chair"]);
  const { colours } = readShape(join(folder, "out.ply"));
  expect(colours!.length / 3).toBe(parts.reduce((sum, { points }) => sum + points, without));
});

it("a folder without a shape fails by itself, and says how TXT is read", async () => {
  mkdirSync(join(folder, "texts"));
  writeFileSync(join(folder, "texts", "a.txt"), "0 0 0\n0 0 1\n0 1 0\n1 0 0\n");
  const args = ["-l", "chair,guitar", "--views", "6", "--json"];
  const outcome = await run(["points", "texts", "texts/*.txt", ...args]);
  expect(outcome.code).toBe(1);
  const { results } = JSON.parse(outcome.stdout) as {
    results: { shape: string; error?: { code: string } }[];
  };
  expect(results).toMatchObject([
    { shape: "texts", error: { code: "input.none" } },
    { shape: "texts/a.txt", predictions: [{}, {}] },
  ]);
  const alone = await run(["points", "texts", ...args]);
  expect(alone).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("TXT and CSV by their names only"),
  });
});

it("eval and fewshot read folders of shapes", async () => {
  const measured = await run(["eval", "shapes", "--domain", "depth", "--json"]);
  expect(measured).toMatchObject({ code: 0, stderr: "" });
  const { models } = JSON.parse(measured.stdout) as {
    models: { images: number; classes: number; top1: number }[];
  };
  expect(models[0]).toMatchObject({ images: 4, classes: 2, top1: 1 });
  const learnt = await run([
    "fewshot",
    "fit",
    "shapes",
    "--method",
    "prototypes",
    "--domain",
    "depth",
    "-o",
    "a.safetensors",
    "--json",
  ]);
  expect(learnt).toMatchObject({ code: 0, stderr: "" });
  const taught = await run([
    "points",
    join("shapes", "guitar", "00002.ply"),
    "--adapter",
    "a.safetensors",
    "--json",
  ]);
  const { results } = JSON.parse(taught.stdout) as { results: { predictions: { label: string }[] }[] };
  expect(results[0]!.predictions[0]!.label).toBe("guitar");
});

it("weights of views are fitted, and used", async () => {
  const known = [
    "points",
    "generate",
    "known",
    "--kinds",
    "chair,guitar",
    "--count",
    "10",
    "--points",
    "1000",
    "--json",
  ];
  expect(await run(known)).toMatchObject({ code: 0, stdout: '{"folder":"known","shapes":20}\n' });
  const fitted = await run(["points", "weigh", "known", "--views", "6", "-o", "w.json", "--json"]);
  expect(fitted).toMatchObject({ code: 0, stderr: "" });
  const { weights, shapes } = JSON.parse(fitted.stdout) as {
    weights: Record<string, number>;
    shapes: number;
  };
  expect([shapes, Object.keys(weights).length, Math.max(...Object.values(weights))]).toEqual([20, 6, 1]);
  const args = [
    "points",
    join("shapes", "chair"),
    "-l",
    "chair,guitar",
    "--views",
    "6",
    "--view-weights",
    "w.json",
  ];
  expect(await run(args)).toMatchObject({ code: 0, stderr: "" });
});
