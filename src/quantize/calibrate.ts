import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { throwIfAborted } from "../errors.js";
import { calibrationPoints, exposeValues, type Ranges } from "../graph/quantise-static.js";
import type { Graph } from "../graph/types.js";
import type { OpenedModel } from "../models/manifest.js";
import { writeTower } from "../models/write-tower.js";
import { openSession, type Session } from "../runtime/session.js";
import { type FeatureOptions, pixelFeed } from "./features.js";
import { Histogram } from "./histogram.js";

/** Values that a run gives back before their sizes are known: of the largest ResNet's (RN50x64) 200 MB. */
const FIRST_POINTS = 8;

/** Bytes that a run gives back: all of an RN50's values in one. */
const MOST_BYTES = 2 ** 27;

/**
 * Squares u8 [size, size, 3] → the ranges that `quantiseConvs` needs of an image tower, where 256 codes come nearest to
 * what the values are. The tower is run picture by picture; memory holds a part of one picture's values. Raises `aborted`,
 * `runtime.*`.
 */
export async function calibrate(
  graph: Graph,
  model: OpenedModel,
  squares: readonly Uint8Array[],
  options: FeatureOptions = {},
): Promise<Ranges> {
  const histograms = await histogramsOf(graph, model, squares, options);
  return new Map([...histograms].map(([name, histogram]) => [name, histogram.nearest()]));
}

/** How the values that are to become whole numbers are spread. */
export async function histogramsOf(
  graph: Graph,
  { manifest: { image } }: OpenedModel,
  squares: readonly Uint8Array[],
  { signal, onProgress }: FeatureOptions,
): Promise<ReadonlyMap<string, Histogram>> {
  const points = calibrationPoints(graph);
  const histograms = new Map(points.map((name) => [name, new Histogram()]));
  if (points.length === 0) return histograms;
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-calibrate-"));
  try {
    await writeTower(folder, "image", exposeValues(graph, points), { signal });
    await using session = await openSession(join(folder, "image.onnx"));
    const sizes = new Map<string, number>();
    for (const [i, square] of squares.entries()) {
      for (const names of groupsOf(points, sizes)) {
        throwIfAborted(signal);
        await addValues(session, { [image.input]: pixelFeed(image, [square]) }, names, histograms, sizes);
      }
      onProgress?.(i + 1, squares.length);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return histograms;
}

async function addValues(
  session: Session,
  feeds: Parameters<Session["runAll"]>[0],
  names: readonly string[],
  histograms: ReadonlyMap<string, Histogram>,
  sizes: Map<string, number>,
): Promise<void> {
  const values = await session.runAll(feeds, names);
  for (const [i, { data }] of values.entries()) {
    histograms.get(names[i]!)!.add(data);
    sizes.set(names[i]!, data.byteLength);
  }
}

/** Values that fit into memory together. */
function groupsOf(points: readonly string[], sizes: ReadonlyMap<string, number>): string[][] {
  const groups: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const name of points) {
    const size = sizes.get(name) ?? MOST_BYTES / FIRST_POINTS;
    if (bytes + size > MOST_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(name);
    bytes += size;
  }
  return groups;
}
