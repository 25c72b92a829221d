import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadClip } from "../../src/clip.js";
import type { Warning } from "../../src/encoder.js";
import { ClipError } from "../../src/errors.js";
import { quantiseMatMuls } from "../../src/graph/quantise-dynamic.js";
import type { Graph } from "../../src/graph/types.js";
import { dot } from "../../src/math/dot.js";
import { listCompiled, removeCompiled } from "../../src/models/compiled-cache.js";
import { PASSES, type Passes } from "../../src/quantize/passes.js";
import { type QuantizeOptions, quantize, quantizeWith } from "../../src/quantize/quantize.js";
import { writeCheckpoint } from "./checkpoint.js";

const CAT = new URL("../fixtures/pictures/cat.jpg", import.meta.url).pathname;

/** Seeded weights give most pictures nearly the same feature, so that what is chosen says nothing. */
const GATE = { worstCosine: 0.99, agreement: 0 };

let folder = "";
let checkpoint = "";
let home = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zeroclip-quantize-"));
  checkpoint = join(folder, "seeded.safetensors");
  await writeCheckpoint(checkpoint);
});
beforeEach(async () => {
  home = await mkdtemp(join(folder, "home-"));
});
afterAll(() => rm(folder, { recursive: true }));

const options = (more: QuantizeOptions = {}): QuantizeOptions => ({
  home,
  offline: true,
  gate: GATE,
  labels: ["cat", "dog", "rocket"],
  ...more,
});
const compiled = () => join(home, "compiled");

/** What lies in the cache of compiled models, half-written folders included. */
async function entries(): Promise<string[]> {
  return (await readdir(compiled())).filter((name) => !name.endsWith(".json"));
}

/** Passes that spoil layers where they are int8. */
function spoiling(chosen: (layers: readonly string[]) => readonly string[]): Passes {
  return {
    ...PASSES,
    quantise(graph, calibration, keep) {
      const int8 = PASSES.quantise(graph, calibration, keep);
      const spoilt = chosen(PASSES.layers(graph));
      const weights = int8.weights.map((weight) => {
        if (!spoilt.some((layer) => weight.name.startsWith(layer)) || weight.type !== "i8") return weight;
        return { ...weight, read: () => weight.read().map((code, i) => (i % 3 === 0 ? 0 : code)) };
      });
      return { ...int8, weights };
    },
  };
}

describe("quantize", () => {
  test("the int8 form has the model's features, its gate's figures, and opens by name or option", async () => {
    const stages = new Set<string>();
    const made = await quantize(checkpoint, options({ onProgress: ({ stage }) => stages.add(stage) }));
    const { gate, layers, bytes, kept } = made.quantization;
    expect(made.name).toBe(`${checkpoint}@int8`);
    expect(gate.pictures.count).toBeGreaterThanOrEqual(64);
    expect(gate.pictures.worst).toBeGreaterThan(0.99);
    expect(gate.prompts).toMatchObject({ count: 3 });
    expect(gate.prompts.worst).toBeGreaterThan(0.99);
    expect(layers.image).toBeGreaterThanOrEqual(4);
    expect(kept).toEqual({ image: [], text: [] });
    expect(bytes.int8).toBeLessThan(bytes.fp32);
    expect([...stages]).toEqual(expect.arrayContaining(["hash", "compile", "pictures", "fp32", "int8"]));

    await using fp32 = await loadClip(checkpoint, { home });
    await using int8 = await loadClip(`${checkpoint}@int8`, { home });
    expect(fp32.model).toMatchObject({ name: checkpoint, precision: "fp32" });
    expect(int8.model).toMatchObject({ name: made.name, precision: "int8", revision: made.revision });
    expect(int8.model.revision).not.toBe(fp32.model.revision);
    const [own] = await fp32.encodeImages([CAT]);
    const [other] = await int8.encodeImages([CAT]);
    if (own instanceof ClipError || other instanceof ClipError) throw own;
    expect(dot(own!, other!)).toBeGreaterThan(0.99);
    expect(dot(own!, other!)).toBeLessThan(1);

    await using asked = await loadClip(checkpoint, { home, precision: "int8" });
    expect(asked.model.revision).toBe(made.revision);
    const named = await listCompiled(compiled());
    expect(named.map(({ name, precision }) => [name, precision])).toEqual([
      [checkpoint, "fp32"],
      [made.name, "int8"],
    ]);
  });

  test("equal inputs give an equal model; another calibration replaces it only when it is whole", async () => {
    const first = await quantize(checkpoint, options());
    const again = await quantize(checkpoint, options());
    expect(again).toEqual(first);
    const impossible = options({ gate: { worstCosine: 1, agreement: 1 } });
    await expect(quantize(checkpoint, impossible)).rejects.toMatchObject({ code: "quantize.gate" });
    await using kept = await loadClip(checkpoint, { home, precision: "int8" });
    expect(kept.model.revision).toBe(first.revision);
    expect(await entries()).toHaveLength(2);
  });

  test("it opens without the compiled fp32 form, and without hashing its weights again", async () => {
    const made = await quantize(checkpoint, options());
    const hashes: Record<string, unknown> = JSON.parse(
      await readFile(join(compiled(), "hashes.json"), "utf8"),
    );
    expect(Object.keys(hashes)).toEqual(
      expect.arrayContaining([join(made.folder, "image.data"), join(made.folder, "text.data")]),
    );
    for (const { key, precision } of await listCompiled(compiled()))
      if (precision === "fp32") await removeCompiled(compiled(), key);
    await using int8 = await loadClip(`${checkpoint}@int8`, { home });
    expect(int8.model.precision).toBe("int8");
    expect(await listCompiled(compiled())).toHaveLength(1);
  });

  test("labelled pictures tell the loss in top-1; broken ones are told and left out", async () => {
    const broken = join(folder, "broken.jpg");
    await writeFile(broken, "no picture");
    const warnings: string[] = [];
    const { quantization } = await quantize(checkpoint, {
      ...options(),
      labels: ["cat", "rocket"],
      labelled: [
        { id: "cat", label: "cat", images: [CAT, broken] },
        { id: "rocket", label: "rocket", images: [CAT.replace("cat", "rocket")] },
      ],
      calibration: [CAT, broken],
      onWarning: ({ code, message }) => warnings.push(`${code} ${message}`),
    });
    expect(quantization.gate.top1).toMatchObject({ pictures: 2 });
    expect(quantization.gate.agreement).toMatchObject({ pictures: 2, labels: 2 });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^quantize\.picture .*broken\.jpg is left out: /);
  });
});

describe("the gate", () => {
  const last = (layers: readonly string[]): readonly string[] => layers.slice(-1);

  test("under its bound nothing is written; the error names the figure and the layer that costs most", async () => {
    const error = await quantizeWith(spoiling(last), checkpoint, options({ keep: 0 })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "quantize.gate" });
    expect((error as Error).message).toMatch(
      /^Expected of .*seeded\.safetensors@int8 a worst cosine of 0\.99 between the features of \d+ pictures but received 0\.\d{4}.*; the layers that cost most are \S+ of the (?:image|text) tower \(.*\).*: --keep auto leaves as many of them in fp32 as it takes, and --calibration FOLDER measures with .* instead of the few that ship\.$/,
    );
    expect(await entries()).toHaveLength(1);
    await expect(loadClip(checkpoint, { home, precision: "int8" })).rejects.toMatchObject({
      code: "model.not-quantized",
      message: expect.stringMatching(/run "zeroclip quantize .*seeded\.safetensors --to int8"\.$/),
    });
  });

  test("--keep leaves what costs most in fp32, and tries again by itself", async () => {
    const made = await quantizeWith(spoiling(last), checkpoint, options({ keep: 2 }));
    const { kept, gate, layers } = made.quantization;
    expect(kept.image).toHaveLength(1);
    expect(kept.text).toHaveLength(1);
    expect(gate.pictures.worst).toBeGreaterThan(0.99);
    await using int8 = await loadClip(`${checkpoint}@int8`, { home });
    const names = await readdir(made.folder);
    expect(names.sort()).toEqual(["entry.json", "image.data", "image.onnx", "text.data", "text.onnx"]);
    const whole = await quantize(checkpoint, options());
    expect(whole.quantization.layers).toEqual({ image: layers.image + 1, text: layers.text + 1 });
    expect(int8.model.revision).not.toBe(whole.revision);
  });

  test("--keep auto keeps more each time, and no more than it takes", async () => {
    const most = spoiling((layers) => layers.slice(1));
    const strict = (keep: number | "auto") => options({ keep, gate: { ...GATE, worstCosine: 0.999 } });
    await expect(quantizeWith(most, checkpoint, strict(4))).rejects.toMatchObject({ code: "quantize.gate" });
    const warnings: Warning[] = [];
    const told = { ...strict("auto"), onWarning: (warning: Warning) => void warnings.push(warning) };
    const { kept, gate, layers } = (await quantizeWith(most, checkpoint, told)).quantization;
    expect(gate.pictures.worst).toBeGreaterThan(0.999);
    expect(gate.prompts.worst).toBeGreaterThan(0.999);
    expect(kept.image.length + kept.text.length).toBeGreaterThan(4);
    expect(warnings.map(({ code }) => code)).toEqual(["quantize.little", "quantize.little"]);
    for (const [i, tower] of (["image", "text"] as const).entries()) {
      const all = layers[tower] + kept[tower].length;
      expect(warnings[i]!.message).toContain(`Only ${layers[tower]} of ${all} weights of the ${tower} tower`);
    }
  });

  test("where nothing is said, the text tower is left alone where that is enough", async () => {
    const text: Passes = {
      ...PASSES,
      quantise(graph, calibration, keep) {
        const passes = graph.inputs.some(({ type }) => type === "u8") ? PASSES : spoiling((layers) => layers);
        return passes.quantise(graph, calibration, keep);
      },
    };
    const { kept, gate, layers, failed } = (await quantizeWith(text, checkpoint, options())).quantization;
    expect(failed![0]).toMatch(/^a worst cosine of \S+ between the features of \d+ prompts but received /);
    expect(kept.image).toEqual([]);
    expect(layers).toMatchObject({ text: 0 });
    expect(layers.image).toBeGreaterThan(0);
    expect(gate.prompts.worst).toBeGreaterThan(1 - 1e-6);
  });

  test("a tower that was not asked for stays as its weights are, bit for bit in what it computes", async () => {
    const made = await quantize(checkpoint, options({ towers: ["image"] }));
    const { layers, kept, gate, bytes } = made.quantization;
    expect(layers.image).toBeGreaterThan(0);
    expect(layers.text).toBe(0);
    expect(kept.image).toEqual([]);
    expect(made.quantization).not.toHaveProperty("failed");
    expect(kept.text.length).toBeGreaterThan(0);
    expect(gate.prompts.worst).toBeGreaterThan(1 - 1e-6);
    expect(gate.pictures.worst).toBeLessThan(1 - 1e-6);
    expect((await quantize(checkpoint, options())).quantization.bytes.int8).toBeLessThan(bytes.int8);
  });

  test("where keeping is not enough the error says so", async () => {
    const both: Passes = {
      ...PASSES,
      quantise: (graph: Graph) => ({
        ...quantiseMatMuls(graph),
        weights: quantiseMatMuls(graph).weights.map((weight) =>
          weight.type === "i8" ? { ...weight, read: () => weight.read().fill(1) } : weight,
        ),
      }),
    };
    await expect(quantizeWith(both, checkpoint, options({ keep: 1 }))).rejects.toMatchObject({
      code: "quantize.gate",
      message: expect.stringMatching(
        /; of the others those that cost most are \S+ of .*: 1 layer was kept in fp32 and it is not enough, and --calibration/,
      ),
    });
    expect(await entries()).toHaveLength(1);
  });
});

describe("refused", () => {
  test("a model that is quantised already, by its name", async () => {
    await expect(quantize(`${checkpoint}@int8`, options())).rejects.toMatchObject({
      code: "quantize.already",
    });
  });

  test("weights that are too small to gain", async () => {
    const none: Passes = { ...PASSES, layers: () => [] };
    await expect(quantizeWith(none, checkpoint, options())).rejects.toMatchObject({
      code: "quantize.nothing",
    });
  });

  test.each([
    ["a figure beyond 1", { gate: { worstCosine: 1.5 } }, "usage.gate"],
    ["layers that can't be counted", { keep: -1 }, "usage.keep"],
    ["no tower", { towers: [] }, "usage.towers"],
    ["a tower that there is not", { towers: ["sound" as "text"] }, "usage.towers"],
    ["an empty calibration list", { calibration: [] }, "quantize.calibration"],
  ] as const)("%s", async (_, more, code) => {
    await expect(quantize(checkpoint, options(more))).rejects.toMatchObject({ code });
    const there = await entries().catch(() => []);
    expect(there.length).toBeLessThanOrEqual(1);
  });

  test("a name and an option that say different precisions", async () => {
    await expect(loadClip("starter@fp32", { home, precision: "int8" })).rejects.toMatchObject({
      code: "usage.precision",
    });
  });
});

describe("an end before time leaves nothing", () => {
  test("the signal", async () => {
    const abort = new AbortController();
    const stop = options({
      signal: abort.signal,
      onProgress: ({ stage, tower }) => {
        if (stage === "int8" && tower === "image") abort.abort();
      },
    });
    await expect(quantize(checkpoint, stop)).rejects.toMatchObject({ code: "aborted" });
    expect(await entries()).toHaveLength(1);
  });

  test("a full disk", async () => {
    const full: Passes = {
      ...PASSES,
      quantise(graph, calibration, keep) {
        const int8 = PASSES.quantise(graph, calibration, keep);
        const read = (): never => {
          throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
        };
        return {
          ...int8,
          weights: int8.weights.map((weight, i) => (i === 5 ? { ...weight, read } : weight)),
        };
      },
    };
    await expect(quantizeWith(full, checkpoint, options())).rejects.toMatchObject({
      code: "model.cache",
      message: `Expected to write to ${join(home, "compiled")} but can't: its disk is full.`,
    });
    expect(await entries()).toHaveLength(1);
  });
});

describe("auto", () => {
  test("is fp32 where nothing else is here, then what was measured faster, remembered", async () => {
    {
      await using clip = await loadClip(checkpoint, { home, precision: "auto" });
      expect(clip.model.precision).toBe("fp32");
    }
    await quantize(checkpoint, options());
    await using first = await loadClip(`${checkpoint}@auto`, { home });
    const path = join(compiled(), "faster.json");
    const answers: Record<string, number> = JSON.parse(await readFile(path, "utf8"));
    const [[key, answer]] = Object.entries(answers) as [[string, number]];
    expect(first.model.precision).toBe(answer === 0 ? "fp32" : "int8");
    // The other way round: what is remembered is believed, not measured again.
    await writeFile(path, JSON.stringify({ [key]: 1 - answer }));
    await using second = await loadClip(checkpoint, { home, precision: "auto" });
    expect(second.model.precision).toBe(answer === 0 ? "int8" : "fp32");
    // Damaged answers are measured anew.
    await writeFile(path, "{");
    await using third = await loadClip(checkpoint, { home, precision: "auto" });
    expect(["fp32", "int8"]).toContain(third.model.precision);
    expect(Object.keys(JSON.parse(await readFile(path, "utf8")))).toEqual([key]);
  });
});
