import { join } from "node:path";
import { throwIfAborted } from "../errors.js";
import { exposeValues } from "../graph/quantise-static.js";
import type { Graph } from "../graph/types.js";
import type { OpenedModel } from "../models/manifest.js";
import { withScratch } from "../models/scratch.js";
import { writeTower } from "../models/write-tower.js";
import { type Features, openSession } from "../runtime/session.js";
import { pixelFeed } from "./features.js";

/** Values that a run gives back before their sizes are known: of the largest ResNet's (RN50x64) 200 MB. */
const FIRST_POINTS = 8;

/** Bytes that a run gives back: all of an RN50's values in one. */
const MOST_BYTES = 2 ** 27;

export interface RunValuesOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Gives each named value of each picture, one picture after another; it is not kept. */
export type ValuesOf = (
  names: readonly string[],
  take: (name: string, value: Features) => void | Promise<void>,
  onPicture?: (done: number, total: number) => void,
) => Promise<void>;

/**
 * Opens an image tower for looking at the values inside it, of some squares u8 [size, size, 3]. The tower is run picture
 * by picture; memory holds a part of one picture's values. Raises `aborted`, `runtime.*`, `quantize.scratch`.
 */
export async function withValues<T>(
  graph: Graph,
  names: readonly string[],
  { manifest: { image } }: OpenedModel,
  squares: readonly Uint8Array[],
  { signal }: RunValuesOptions,
  use: (values: ValuesOf) => Promise<T>,
): Promise<T> {
  return await withScratch("quantize", async (folder) => {
    await writeTower(folder, "image", exposeValues(graph, names), { signal });
    await using session = await openSession(join(folder, "image.onnx"));
    const sizes = new Map<string, number>();
    return await use(async (wanted, take, onPicture) => {
      for (const [i, square] of squares.entries()) {
        for (const group of groupsOf(wanted, sizes)) {
          throwIfAborted(signal);
          const found = await session.runAll({ [image.input]: pixelFeed(image, [square]) }, group);
          for (const [at, value] of found.entries()) {
            sizes.set(group[at]!, value.data.byteLength);
            await take(group[at]!, value);
          }
        }
        onPicture?.(i + 1, squares.length);
      }
    });
  });
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
