import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ClipError } from "../../errors.js";
import { prune } from "../../graph/prune.js";
import type { Graph } from "../../graph/types.js";
import { partialName, publishFolder } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";
import type { ModelManifest, Preprocessing } from "../../models/manifest.js";
import { manifestJson } from "../../models/manifest-json.js";
import type { ModelPlan } from "../../models/plan.js";
import { writeScriptTowers } from "../../models/script-towers.js";
import { asWritten, writeSynced, writeTowers } from "../../models/write-tower.js";
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

/** Raises `robust.out` where something is in the way of a new folder. */
export async function checkOut(out: string): Promise<void> {
  if ((await stat(out).catch(() => undefined)) === undefined) return;
  throw new ClipError(
    "robust.out",
    `Expected a folder that is not there yet but ${out} is: name another for the trained model.`,
  );
}

/** Writes a model with another image tower as a folder that `--model` opens, whole or not at all. Raises `robust.out`, `aborted`. */
export async function writeVariant(
  out: string,
  { plan, tower, record }: Variant,
  signal?: AbortSignal,
): Promise<ModelManifest> {
  await checkOut(out);
  const folder = partialName(resolve(out));
  try {
    await makeFolder(folder);
    const { text } = await plan.graphs();
    const files = await writeTowers(folder, { image: fromBytes(tower), text }, plan.tokenizerFile, {
      ...(signal ? { signal } : {}),
    });
    files.push(...(await writeScriptTowers(folder, plan)));
    const manifest: ModelManifest = {
      ...{ ...plan.manifest, ...asWritten(plan.manifest) },
      name: basename(resolve(out)),
      precision: "fp32",
      revision: createHash("sha256")
        .update(JSON.stringify({ of: plan.manifest.revision, files }))
        .digest("hex"),
      image: {
        file: "image.onnx",
        input: PIXELS,
        output: FEATURES,
        pixels: { layout: "u8-nhwc" },
        preprocessing: resized(plan.manifest.image.preprocessing, tower.size),
      },
    };
    const json = { ...manifestJson(manifest), revision: manifest.revision, robust: record };
    await writeSynced(folder, "zeroclip.json", [Buffer.from(`${JSON.stringify(json, null, 2)}\n`)]);
    if (!(await publishFolder(folder, resolve(out)))) await checkOut(out);
    return manifest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
