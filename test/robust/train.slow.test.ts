import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { acquireLock } from "../../src/models/lock.js";
import { openModel } from "../../src/models/open.js";
import { openSubject } from "../../src/robust/subject.js";
import { learntWeights, valuesOf, withValues } from "../../src/robust/train/learnt.js";
import { DEFAULT_TRAINING, type TrainSettings } from "../../src/robust/train/options.js";
import { trainModel } from "../../src/robust/train/train-model.js";
import { RESNET, SET, VIT, vectors } from "./scene.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-train-"));
afterAll(() => rmSync(folder, { recursive: true }));
const home = join(folder, "home");

const SETTINGS: TrainSettings = {
  ...DEFAULT_TRAINING,
  ...{ size: 32, updates: 4, batch: 3, rate: 1e-3, lookEvery: 2, cleanShare: 0.34, epsilon: 8 },
};
/** Few photos, each several times: a training needs some to hold out. */
const MANY = { ...SET, pictures: [...SET.pictures, ...SET.pictures, ...SET.pictures] };

interface Asked {
  readonly model?: string;
  readonly settings?: Partial<TrainSettings>;
  /** Updates after which it is stopped. */
  readonly stopAt?: number;
}

async function trained(out: string, { model = VIT, settings, stopAt }: Asked = {}) {
  await using subject = await openSubject(model, { home });
  const abort = new AbortController();
  return await trainModel(subject, MANY, {
    out: join(folder, out),
    settings: { ...SETTINGS, size: subject.tower.size, ...settings },
    texts: vectors(4, subject.tower.dim),
    signal: abort.signal,
    onProgress: ({ done }) => {
      if (done === stopAt) abort.abort();
    },
  });
}

const weightsOf = (out: string): Buffer => readFileSync(join(folder, out, "image.onnx"));

test("a trained model opens as any other, and says how it was made", async () => {
  const { manifest, looks, learnt } = await trained("first");
  expect(looks.map(({ update }) => update)).toEqual([2, 4]);
  expect(looks[1]!.attacked).toBeLessThan(looks[0]!.attacked);
  expect(learnt).toBeGreaterThan(1000);
  const opened = await openModel(join(folder, "first"), { cacheFolder: join(home, "compiled") });
  expect(opened.manifest).toMatchObject({
    name: "first",
    revision: manifest.revision,
    precision: "fp32",
    image: { pixels: { layout: "u8-nhwc" }, preprocessing: { size: 32, style: "openai" } },
    text: { tokenizer: { kind: "clip-bpe", contextLength: 77 } },
  });
  const json = JSON.parse(readFileSync(join(folder, "first", "zeroclip.json"), "utf8"));
  expect(json.robust).toMatchObject({ method: "fare", epsilon: 8, updates: 4, seed: 1, pictures: 12 });
  expect(existsSync(join(folder, "first.training"))).toBe(false);
});

test("equal seeds give equal bytes, others do not", async () => {
  await trained("again");
  await trained("other", { settings: { seed: 2 } });
  expect(weightsOf("again")).toEqual(weightsOf("first"));
  expect(weightsOf("other")).not.toEqual(weightsOf("first"));
});

// Looks are after updates 2 and 4.
test.each([
  ["before a look", 2],
  ["between looks", 3],
  ["before the last look", 4],
])("a training stopped %s leaves no model, and goes on to the same bytes", async (_, stopAt) => {
  const out = `stopped-${stopAt}`;
  await expect(trained(out, { stopAt })).rejects.toMatchObject({
    code: "aborted",
    message: expect.stringContaining(`Stopped after ${stopAt} of 4 updates`),
  });
  expect(existsSync(join(folder, out))).toBe(false);
  expect(existsSync(join(folder, `${out}.training`))).toBe(true);
  await expect(trained(out, { settings: { rate: 2e-3 } })).rejects.toMatchObject({
    code: "robust.training",
    message: expect.stringContaining("begun with other rate:"),
  });
  const { looks } = await trained(out);
  expect(looks.map(({ update }) => update)).toEqual([2, 4]);
  expect(weightsOf(out)).toEqual(weightsOf("first"));
});

test("another process that trains into the same folder is not joined", async () => {
  {
    await using _other = await acquireLock(join(folder, "shared.training.lock"));
    await expect(trained("shared")).rejects.toMatchObject({
      code: "robust.training",
      message: expect.stringContaining("another process does"),
    });
  }
  await trained("shared");
  expect(weightsOf("shared")).toEqual(weightsOf("first"));
  expect(existsSync(join(folder, "shared.training.lock"))).toBe(false);
});

test.each([
  ["TeCoA of a vision transformer", VIT, "tecoa"],
  ["FARE of a ResNet", RESNET, "fare"],
  ["TeCoA of a ResNet", RESNET, "tecoa"],
] as const)("%s brings the loss down", async (name, model, method) => {
  const settings = { method, updates: 24, rate: 1e-4, lookEvery: 4, epsilon: 2 };
  const { looks } = await trained(name.replaceAll(" ", "-"), { model, settings });
  expect(Math.min(...looks.map(({ attacked }) => attacked))).toBeLessThan(looks[0]!.attacked);
});

test("training ends where looks gain no more", async () => {
  const { looks } = await trained("patient", {
    settings: { updates: 1000, lookEvery: 1, patience: 2, rate: 1e-9 },
  });
  expect(looks.length).toBeLessThan(1000);
});

describe("what can't be trained is one sentence", () => {
  test.each([
    ["a folder that is there", "there", {}, "robust.out"],
    ["a budget beyond white", "a", { epsilon: 300 }, "usage.robust"],
    ["half a batch", "b", { batch: 1.5 }, "usage.robust"],
    ["a side that a tower with positions can't read", "c", { size: 48 }, "robust.size"],
  ] as const)("%s", async (_, out, settings, code) => {
    mkdirSync(join(folder, "there"), { recursive: true });
    await expect(trained(out, { settings })).rejects.toMatchObject({ code });
  });

  test.each([
    ["fare", "runtime.features"],
    ["tecoa", "robust.training"],
  ] as const)("a tower that gives no numbers, by %s", async (method, code) => {
    await using subject = await openSubject(VIT, { home });
    const { tower } = subject;
    const learnt = learntWeights(tower);
    const values = valuesOf(learnt.tower.graph, learnt.names);
    for (const numbers of values.values()) numbers.fill(Number.NaN);
    const none = { ...subject, tower: { ...tower, graph: withValues(learnt.tower.graph, values) } };
    const options = {
      out: join(folder, method),
      settings: { ...SETTINGS, method },
      texts: vectors(4, tower.dim),
    };
    await expect(trainModel(none, MANY, options)).rejects.toMatchObject({ code });
  });

  test("one picture", async () => {
    await using subject = await openSubject(VIT, { home });
    const one = { ...SET, pictures: SET.pictures.slice(0, 1) };
    await expect(
      trainModel(subject, one, { out: join(folder, "e"), settings: SETTINGS }),
    ).rejects.toMatchObject({
      code: "robust.pictures",
    });
  });

  test("pictures of one label, where labels are learnt", async () => {
    await using subject = await openSubject(VIT, { home });
    const settings = { ...SETTINGS, method: "tecoa" as const };
    const options = { out: join(folder, "f"), settings, texts: vectors(1, subject.tower.dim) };
    await expect(trainModel(subject, MANY, options)).rejects.toMatchObject({ code: "robust.pictures" });
  });
});
