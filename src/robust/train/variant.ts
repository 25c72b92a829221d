import { prune } from "../../graph/prune.js";
import type { Graph } from "../../graph/types.js";
import { writeDerived } from "../../models/derived-folder.js";
import type { ModelManifest, Preprocessing } from "../../models/manifest.js";
import type { ModelPlan } from "../../models/plan.js";
import { writeScriptTowers } from "../../models/script-towers.js";
import { writeTowers } from "../../models/write-tower.js";
import { FEATURES, type FloatTower, PIXELS } from "../tower.js";

/** What a tower read of its pictures, for a square of another side. */
export function resized(preprocessing: Preprocessing, size: number): Preprocessing {
  const { resizeTo } = preprocessing;
  if (resizeTo === "squash") return { ...preprocessing, size };
  return {
    ...preprocessing,
    size,
    resizeTo: Math.max(size, Math.round((resizeTo * size) / preprocessing.size)),
  };
}

/** A tower that takes numbers → one that takes bytes, as models do. */
function fromBytes({ graph, size }: FloatTower): Graph {
  const inside = `${PIXELS}/floats`;
  const cast = {
    op: "Cast",
    domain: "" as const,
    inputs: [PIXELS],
    outputs: [inside],
    attributes: { to: 1 },
  };
  const nodes = graph.nodes.map((node) => {
    return { ...node, inputs: node.inputs.map((name) => (name === PIXELS ? inside : name)) };
  });
  const inputs = [{ name: PIXELS, type: "u8" as const, shape: ["n", size, size, 3] }];
  return prune({ ...graph, inputs, nodes: [cast, ...nodes] });
}

/** A trained tower and what it was made of. */
export interface Variant {
  readonly plan: ModelPlan;
  readonly tower: FloatTower;
  /** How it was trained, for people; it is no part of how the model runs. */
  readonly record: object;
}

/** Writes a model with another image tower as a folder that `--model` opens, whole or not at all. Raises `robust.out`, `aborted`. */
export function writeVariant(
  out: string,
  { plan, tower, record }: Variant,
  signal?: AbortSignal,
): Promise<ModelManifest> {
  return writeDerived(out, "robust.out", plan.manifest, async (folder) => {
    const { text } = await plan.graphs();
    const files = await writeTowers(folder, { image: fromBytes(tower), text }, plan.tokenizerFile, {
      ...(signal ? { signal } : {}),
    });
    files.push(...(await writeScriptTowers(folder, plan)));
    return {
      files,
      changes: {
        precision: "fp32",
        image: {
          file: "image.onnx",
          input: PIXELS,
          output: FEATURES,
          pixels: { layout: "u8-nhwc" },
          preprocessing: resized(plan.manifest.image.preprocessing, tower.size),
        },
      },
      record: { robust: record },
    };
  });
}
