import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Cell,
  ClipError,
  companyCost,
  evaluateModels,
  fitEnsemble,
  openClassifier,
  openSet,
  saveEnsemble,
  saveReport,
  tryPrompts,
} from "../../src/index.js";
import { writeCheckpoint } from "../quantize/checkpoint.js";
import { PICTURES } from "../support/command.js";

const CLASSES = ["astronaut", "cat", "coffee", "rocket"];

let root = "";
let models: string[] = [];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "zeroclip-measure-"));
  models = [1, 2].map((seed) => join(root, `tiny${seed}.safetensors`));
  for (const [i, path] of models.entries()) await writeCheckpoint(path, i + 1);
  for (const name of CLASSES) {
    for (const [folder, count] of [
      ["few", 1],
      ["many", 26],
    ] as const) {
      mkdirSync(join(root, folder, name), { recursive: true });
      for (let i = 0; i < count; i++)
        copyFileSync(join(PICTURES, `${name}.jpg`), join(root, folder, name, `${i}.jpg`));
    }
  }
  writeFileSync(join(root, "many", "cat", "broken.jpg"), "no picture");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const load = () => ({ home: join(root, "home"), offline: true });

describe("evaluateModels", () => {
  it("compares models on sets, goes on with a run, and writes the report", async () => {
    const few = await openSet(join(root, "few"), "few");
    const prompts = [{ name: "own" }, { name: "plain", templates: ["{}"] }];
    const kept: boolean[] = [];
    const ask = (more: object = {}) =>
      evaluateModels(models, [few], {
        ...{ load: load(), prompts, run: join(root, "run") },
        onCell: (_: Cell, was: boolean) => kept.push(was),
        ...more,
      });
    const found = await ask();
    expect(found.cells.map(({ images, classes, prompts: name }) => [images, classes, name])).toEqual([
      [4, 4, "own"],
      [4, 4, "plain"],
      [4, 4, "own"],
      [4, 4, "plain"],
    ]);
    // Two models with either prompts, and either model with two.
    expect(found.comparisons).toHaveLength(4);
    expect((await ask()).cells).toEqual(found.cells);
    expect(kept).toEqual([false, false, false, false, true, true, true, true]);
    const path = join(root, "report.html");
    await saveReport(path, found);
    const page = readFileSync(path, "utf8");
    expect(page).toContain("data:image/jpeg;base64,");
    expect(page).toContain(JSON.stringify(found.cells[0]!.model).slice(1, -1));
  });

  it("a model that is not here is raised, or told where the others go on", async () => {
    const few = await openSet(join(root, "few"), "few");
    const gone = join(root, "gone.pt");
    await expect(evaluateModels([gone], [few], { load: load() })).rejects.toMatchObject({
      code: "model.path",
    });
    const told: string[] = [];
    const onFailure = (model: string, error: ClipError): number => told.push(`${model} ${error.code}`);
    const { cells } = await evaluateModels([gone, models[0]!], [few], { load: load(), onFailure });
    expect(cells).toHaveLength(1);
    expect(told).toEqual([`${gone} model.path`]);
  });
});

describe("fitEnsemble", () => {
  it("fits and measures, and what it saves answers for the same labels as fitted", async () => {
    const many = await openSet(join(root, "many"), "many");
    const seen: string[] = [];
    const made = await fitEnsemble(models, many, {
      ...{ load: load(), combine: "logit", templates: ["{}"] },
      onProgress: (model) => seen.push(model),
    });
    expect(made.plan).toMatchObject({ kind: "ensemble", combine: "logit", models });
    expect(made.measured).toMatchObject({ images: 104, repeats: 10 });
    expect(made.failed).toMatchObject([{ error: { code: expect.stringMatching(/^image\./) } }]);
    expect(made.secondsEach.every((seconds) => seconds !== null && seconds > 0)).toBe(true);
    expect(new Set(seen)).toEqual(new Set(made.names));
    const path = join(root, "pair.json");
    await saveEnsemble(path, made);
    await using pair = await openClassifier(path, load());
    const picture = join(PICTURES, "cat.jpg");
    const [answer, other] = await Promise.all(
      [CLASSES, ["cat", "dog"]].map((labels) => pair.answerAll([picture], labels, { templates: ["{}"] })),
    );
    expect(answer![0]).toMatchObject({ calibrated: "fitted" });
    expect(other![0]).toMatchObject({ calibrated: "scale" });
  });

  it("a cascade, and weights that are given or equal", async () => {
    const many = await openSet(join(root, "many"), "many");
    const options = { load: load(), templates: ["{}"] };
    const fast = await fitEnsemble(models, many, { ...options, cascade: { drop: 0.5, confidence: 0.5 } });
    expect(fast.plan).toMatchObject({ kind: "cascade", thresholds: [expect.any(Number)] });
    expect(fast.measured).toMatchObject({ expected: { seen: [1, expect.any(Number)] } });
    const even = await fitEnsemble(models, many, { ...options, weights: "equal" });
    expect(even.plan).toMatchObject({ weights: [0.5, 0.5] });
    for (const bad of [{ weights: [1] }, { cascade: {}, weights: "equal" } as const])
      await expect(fitEnsemble(models, many, { ...options, ...bad })).rejects.toMatchObject({
        code: "usage.ensemble",
      });
  });
});

it("tryPrompts and companyCost are what the commands print", async () => {
  await using clip = await openClassifier(models[0]!, load());
  const trial = await tryPrompts(clip, await openSet(join(root, "many"), "many"), ["{}", "a {}"]);
  expect(trial).toMatchObject({ images: 104, classes: 4, failed: [expect.anything()] });
  expect(trial.templates.map(({ template }) => template).sort()).toEqual(["a {}", "{}"]);
  const text = readFileSync("examples/companies/growing.yaml", "utf8");
  const { company, result } = await companyCost(text, "growing.yaml");
  expect(company.name).toBe("Growing company");
  expect(result.ways).toHaveLength(3);
  await expect(companyCost("classes: none", "x.yaml")).rejects.toBeInstanceOf(ClipError);
});
