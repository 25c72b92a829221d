import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fuzz, mutate, outcome, random } from "./fuzz.js";
import { golden } from "./goldens.js";
import { dict, op, pickle, safetensors, scratch, tensor, torchZip, zip } from "./pack.js";

const folder = scratch();

/** Damaged files a kind: seconds in the suite; `ZEROCLIP_FUZZ=100000` makes a campaign of it. */
const COUNT = Number(process.env.ZEROCLIP_FUZZ ?? 250);
const FIRST = Number(process.env.ZEROCLIP_FUZZ_SEED ?? 1);

const values = new Uint8Array(new Float32Array([1, 2, 3, 4, 5, 6]).buffer);
const state = pickle(...dict({ a: tensor([2, 3], [3, 1]), b: tensor([3, 2], [1, 3]) }));
const module_ = pickle(
  op("c__torch__\nA\n)", 0x81),
  ...dict({ w: tensor([6], [1]), training: [op(0x89)] }),
  op("b"),
);

const SEEDS: Readonly<Record<string, () => Uint8Array>> = {
  "a torch archive": () => torchZip(state, [values]),
  "a deflated archive": () =>
    zip([
      { name: "a/data.pkl", bytes: state, deflate: true },
      { name: "a/data/0", bytes: values, deflate: true },
    ]),
  "a zip64 archive": () =>
    zip(
      [
        { name: "a/data.pkl", bytes: state },
        { name: "a/data/0", bytes: values },
      ],
      { isZip64: true },
    ),
  "a TorchScript archive": () => torchZip(module_, [values]),
  "torch's own archive": () => readFileSync(golden("views.pt")),
  "torch's own with protocol 4": () => readFileSync(golden("views.protocol4.pt")),
  "torch's legacy form": () => readFileSync(golden("views.legacy.pt")),
  "a training checkpoint in the legacy form": () => readFileSync(golden("training.legacy.pt")),
  safetensors: () => readFileSync(golden("types.safetensors")),
  "small safetensors": () =>
    safetensors({ a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] } }, values),
};

describe("damaged files give tensors or a checkpoint error, nothing else", () => {
  test.each(Object.keys(SEEDS))(
    "%s",
    async (name) => {
      const seen = await fuzz(folder, SEEDS[name]!(), { first: FIRST, count: COUNT });
      const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
      expect(total).toBe(COUNT);
      // Where damage never shows, the mutator or the checks do nothing.
      expect([...seen.keys()].filter((code) => code.startsWith("checkpoint.")).length).toBeGreaterThan(1);
    },
    COUNT * 1000,
  );

  test(
    "pickles inside a whole archive",
    async () => {
      const seen = new Map<string, number>();
      for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
        const path = join(folder, "pickled.pt");
        writeFileSync(path, torchZip(mutate(seed % 2 ? state : module_, random(seed)), [values]));
        const code = await outcome(path);
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }
      expect([...seen.keys()].sort()).toEqual(
        expect.arrayContaining(["checkpoint.format", "checkpoint.truncated", "checkpoint.unsafe", "read"]),
      );
    },
    COUNT * 1000,
  );

  test(
    "ONNX files of a folder",
    async () => {
      const at = join(folder, "onnx");
      cpSync(golden("tiny-onnx"), at, { recursive: true });
      const file = join(at, "onnx", "vision_model.onnx");
      const original = readFileSync(file);
      const seen = new Set<string>();
      for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
        writeFileSync(file, mutate(original, random(seed)));
        seen.add(await outcome(at));
      }
      expect([...seen]).toEqual(
        expect.arrayContaining(["onnx", "checkpoint.format", "checkpoint.truncated", "checkpoint.not-found"]),
      );
    },
    COUNT * 1000,
  );
});
