import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { showAdapter } from "../../src/cli/fewshot/show.js";
import { loadClip } from "../../src/clip.js";
import type { Warning } from "../../src/encoder.js";
import { orThrow } from "../../src/errors.js";
import type { Adapter } from "../../src/fewshot/adapter.js";
import { adapterBytes, readAdapter, writeAdapter } from "../../src/fewshot/adapter-file.js";
import { addShots, removeLabels } from "../../src/fewshot/change.js";
import { withAdapter } from "../../src/fewshot/clip.js";
import { fitAdapter } from "../../src/fewshot/fewshot.js";
import { METHODS, UNLABELLED_METHODS } from "../../src/fewshot/methods/method.js";
import { drawShots, pickShots, type Shots } from "../../src/fewshot/shots.js";
import { scene } from "./scene.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-adapter-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "a.safetensors");

const { train, pooled } = scene();
const model = { name: "m", revision: "0".repeat(64), precision: "fp32", dim: 32, logitScale: 20 } as const;
const fitted = (method: (typeof METHODS)[number] | "auto" = "auto"): Promise<Adapter> =>
  fitAdapter(
    { model: model as never },
    UNLABELLED_METHODS.includes(method as never) ? pooled : train,
    ["a {}"],
    {
      method,
    },
  );

/** Bytes with one part of the header changed for another of the same length. */
function tampered(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes);
  const at = text.indexOf(from);
  expect(at).toBeGreaterThan(0);
  expect(to).toHaveLength(from.length);
  text.write(to, at);
  return text;
}

describe("an adapter's file", () => {
  it.each(METHODS)("%s is read as it was written; equal adapters have equal bytes", async (method) => {
    const adapter = await fitted(method);
    await writeAdapter(path, adapter);
    expect(readAdapter(path)).toEqual(adapter);
    expect(adapterBytes(await fitted(method))).toEqual(adapterBytes(adapter));
  });

  it("without a labelled picture it holds those without labels", async () => {
    const alone = { ...pooled, features: [], truth: new Int32Array(0) };
    const adapter = await fitAdapter({ model: model as never }, alone, ["a {}"], { method: "transductive" });
    await writeAdapter(path, adapter);
    expect(readAdapter(path)).toEqual(adapter);
    expect(adapter.unlabelled).toHaveLength(pooled.unlabelled!.length);
  });

  it.each([
    ["nothing is there", undefined, "fewshot.adapter", /nothing is there/],
    [
      "it is something else",
      () => new TextEncoder().encode("no tensors here"),
      "fewshot.adapter",
      /something else/,
    ],
    [
      "it is cut short",
      (bytes: Uint8Array) => bytes.slice(0, -8),
      "fewshot.adapter",
      new RegExp(`at ${path} but it ends early`),
    ],
    [
      "its precision was changed",
      (bytes: Uint8Array) => tampered(bytes, "fp32", "int8"),
      "fewshot.adapter",
      /damaged or was changed/,
    ],
    [
      "a vector of its head is nothing",
      // The last tensor is the head's.
      (bytes: Uint8Array) => Uint8Array.from(bytes).fill(0, bytes.length - 4 * model.dim),
      "fewshot.adapter",
      /damaged or was changed/,
    ],
    ["it is a folder", "folder", "fewshot.adapter", /a folder, or no file, is there/],
    [
      "it is of nobody's making",
      (bytes: Uint8Array) => tampered(bytes, '"zeroclip":', '"somebody":'),
      "fewshot.adapter",
      /none of its metadata/,
    ],
    [
      "its method is unknown",
      (bytes: Uint8Array) => tampered(bytes, "linear-probe", "linear-prose"),
      "fewshot.adapter",
      /method/,
    ],
    [
      "it is of a later form",
      (bytes: Uint8Array) => tampered(bytes, 'formatVersion\\":1', 'formatVersion\\":2'),
      "fewshot.adapter",
      /formatVersion/,
    ],
    [
      "a vector is no number",
      (bytes: Uint8Array) => {
        const text = Buffer.from(bytes);
        text.writeFloatLE(Number.NaN, text.length - 4);
        return text;
      },
      "fewshot.adapter",
      /finite numbers/,
    ],
  ])("%s: one sentence", async (_, change, code, message) => {
    rmSync(path, { force: true, recursive: true });
    if (change === "folder") mkdirSync(path);
    else if (typeof change === "function")
      writeFileSync(path, change(adapterBytes(await fitted("linear-probe"))));
    const read = (): Adapter => readAdapter(path);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code }));
    rmSync(path, { force: true, recursive: true });
  });

  it.each([
    [{ scale: -1 }, /scale to be a number above 0/],
    [{ scale: 0 }, /scale to be a number above 0/],
    [{ scale: Number.POSITIVE_INFINITY }, /scale to be a number but/],
    [{ model: { ...model, logitScale: 0 } }, /logitScale to be a number above 0/],
    [
      { head: { kind: "cache", keys: train.features, values: train.truth, alpha: -1, beta: 1 } },
      /alpha to be a number from 0/,
    ],
    [
      { head: { kind: "cache", keys: train.features, values: train.truth, alpha: 1, beta: 0 } },
      /beta to be a number above 0/,
    ],
  ] as const)("%#: facts that can't be are refused", async (facts, message) => {
    await writeAdapter(path, { ...(await fitted("zero-shot")), ...facts } as Adapter);
    expect(() => readAdapter(path)).toThrow(message);
  });

  it("an empty path is quoted", () => {
    expect(() => readAdapter("")).toThrow('at "" but nothing is there');
  });

  it.each(METHODS)("%s: one picture a label leaves nothing to hold out, and no figures", async (method) => {
    const each = drawShots(train.truth, 1, 1);
    const one = pickShots(pooled, each);
    const adapter = await fitAdapter({ model: model as never }, one, ["a {}"], { method });
    expect(adapter.heldOut).toEqual([]);
    await writeAdapter(path, { ...adapter, heldOut: [{ method, accuracy: 0.7, loss: 1 }] });
    expect(readAdapter(path).heldOut).toEqual([]);
    expect(showAdapter(adapter)).toMatch(/\npictures +5, 1 a label, and .*no label has two pictures\.$/s);
    expect((await fitted(method)).heldOut).toHaveLength(1);
  });
});

describe("a model with an adapter", () => {
  it("answers as it was taught, for its labels, some of them and others; other models are refused", async () => {
    await using clip = await loadClip("starter", { calibration: false });
    const labels = ["cat", "rocket"];
    const cat = "bench/pictures/cat.jpg";
    const [picture, rocket, coffee] = orThrow(
      await clip.encodeImages([cat, "bench/pictures/rocket.jpg", "bench/pictures/coffee.jpg"]),
    );
    const weights = await clip.zeroShotWeights(labels);
    // Taught the wrong way round: what it says then comes from the pictures, not from the words.
    const shots: Shots = {
      labels,
      texts: weights.vectors,
      features: [picture!, picture!, rocket!, rocket!],
      truth: Int32Array.of(1, 1, 0, 0),
      logitScale: clip.model.logitScale,
    };
    const adapter = await fitAdapter(clip, shots, clip.model.templates, { method: "linear-probe" });
    const taught = withAdapter(clip, adapter);
    expect((await clip.classify(cat, labels))[0]!.label).toBe("cat");
    expect((await taught.classify(cat, labels))[0]!.label).toBe("rocket");
    expect((await taught.classify(cat, labels.toReversed()))[0]!.label).toBe("rocket");
    expect((await taught.classify(cat, ["rocket", "a cup of coffee"]))[0]!.label).toBe("rocket");
    expect((await taught.calibrationFor(await taught.zeroShotWeights(labels))).source).toBe("fitted");
    expect(taught.model.revision).not.toBe(clip.model.revision);
    expect(await taught.encodeImages([cat])).toEqual([picture]);

    // The cat is there already under "rocket", the rocket under its own label: both are left out and told.
    const told: Warning[] = [];
    const more = await addShots(
      clip,
      adapter,
      {
        ...shots,
        labels: ["a cup of coffee", "cat"],
        texts: [],
        features: [coffee!, picture!, rocket!],
        truth: Int32Array.of(0, 0, 1),
      },
      { names: ["coffee.jpg", "cat.jpg", "rocket.jpg"], onWarning: (warning) => told.push(warning) },
    );
    expect(told).toEqual([
      { code: "fewshot.twice", message: "1 picture was there already: it counts once.", count: 1 },
      {
        code: "fewshot.labels",
        message:
          'cat.jpg of "a cup of coffee" is there already under "rocket": it is left out and counts for "rocket" alone.',
        count: 1,
      },
    ]);
    expect(more.labels).toEqual(["cat", "rocket", "a cup of coffee"]);
    const same = await addShots(clip, adapter, {
      ...{ ...shots, labels: ["a kitten"], texts: [], features: [picture!], truth: Int32Array.of(0) },
    });
    expect(adapterBytes(same)).toEqual(adapterBytes(adapter));
    expect(more.features).toHaveLength(5);
    const less = await removeLabels(clip, more, ["cat"]);
    expect(less.labels).toEqual(["rocket", "a cup of coffee"]);
    expect([...less.truth]).toEqual([0, 0, 1]);
    await expect(removeLabels(clip, more, ["dog"])).rejects.toMatchObject({ code: "fewshot.labels" });

    const other = { ...adapter, model: { ...adapter.model, revision: "f".repeat(64) } };
    const rounded = { ...adapter, model: { ...adapter.model, precision: "int8" } };
    expect(() => withAdapter(clip, rounded)).toThrow(/starter \(int8, revision/);
    expect(() => withAdapter(clip, other)).toThrow(/Expected the model that the adapter was fitted on/);
    await expect(addShots(clip, other, pickShots(shots, [0]))).rejects.toMatchObject({
      code: "fewshot.model",
    });
  });
});
