import { rm } from "node:fs/promises";
import { join } from "node:path";
import { withPlainAttention } from "../graph/gradient/attention.js";
import { withGradients } from "../graph/gradient/backward.js";
import { sizesGraph } from "../graph/gradient/sizes.js";
import type { Sizes } from "../graph/gradient/tape.js";
import type { Graph } from "../graph/types.js";
import { writeTower } from "../models/write-tower.js";
import { type Feed, openSession, type Session, type SessionOptions } from "../runtime/session.js";
import { LOSS } from "./objectives.js";

export interface OpenGradientsOptions {
  /** Where its files lie while it is open. */
  readonly folder: string;
  /** Of its files: one each graph of a folder. */
  readonly name: string;
  readonly session?: SessionOptions;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a graph as it is. */
export async function openGraph(
  graph: Graph,
  { folder, name, session, signal }: OpenGradientsOptions,
): Promise<Session> {
  await writeTower(folder, name, graph, { signal });
  return openSession(join(folder, `${name}.onnx`), session);
}

/**
 * Opens a graph with the gradients of its `loss`, summed over the pictures, by some of its inputs. Raises `graph.gradient` where an
 * operator has no derivative, `runtime.*`, `aborted`.
 */
export async function openGradients(
  graph: Graph,
  by: readonly string[],
  options: OpenGradientsOptions,
): Promise<Session> {
  const plain = withPlainAttention(graph, await measured(graph, options));
  const sizes = await measured(plain, options);
  return openGraph(withGradients(plain, LOSS, by, sizes), options);
}

/** Sizes of all values of a graph for a batch of two. */
async function measured(graph: Graph, { folder, name, signal }: OpenGradientsOptions): Promise<Sizes> {
  const { graph: asked, values } = sizesGraph(graph);
  const files = await writeTower(folder, `${name}-sizes`, asked, { signal });
  try {
    await using session = await openSession(join(folder, `${name}-sizes.onnx`), {
      graphOptimization: "basic",
    });
    const outputs = [...values.keys()];
    const found = await session.runAll(zerosOfTwo(graph), outputs);
    return new Map(found.map(({ data }, i) => [values.get(outputs[i]!)!, [...data]] as const));
  } finally {
    for (const file of files) await rm(join(folder, file.name), { force: true });
  }
}

/** Something to run a graph with: two pictures, three of whatever else has no size. */
function zerosOfTwo({ inputs }: Graph): Record<string, Feed> {
  const feeds = inputs.map(({ name, shape }): [string, Feed] => {
    const dims = shape.map((size) => (typeof size === "number" ? size : size === "n" ? 2 : 3));
    const data = new Float32Array(dims.reduce((product, size) => product * size, 1));
    return [name, { type: "float32", data, dims }];
  });
  return Object.fromEntries(feeds);
}
