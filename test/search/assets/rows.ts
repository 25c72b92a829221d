import { createHash } from "node:crypto";
import { unit } from "../../../src/math/unit.js";
import { type Row, rowId } from "../../../src/search/row.js";
import { MemoryStore } from "../../../src/search/store/memory.js";
import type { Store } from "../../../src/search/store/store.js";

export const DIM = 4;

/** A row of a picture at `path`; its vector's direction is that of `vector`. */
export function row(
  path: string,
  vector: readonly number[] = [1, 0, 0, 0],
  more: Partial<Omit<Row, "vector">> = {},
): Row {
  const time = more.time ?? null;
  return {
    id: rowId(path, time),
    path,
    time,
    hash: createHash("sha256").update(path).digest("hex"),
    bytes: 1000,
    modified: 1,
    width: 100,
    height: 100,
    taken: null,
    latitude: null,
    longitude: null,
    camera: null,
    labels: [],
    caption: null,
    perceptual: "0123456789abcdef",
    sharpness: 10,
    blank: false,
    thumbnail: null,
    indexed: 1,
    ...more,
    vector: unit(Float32Array.from(vector)),
  };
}

/** A store in memory of vectors of `dim` numbers. */
export async function storeOf(rows: readonly Row[], dim = DIM): Promise<Store> {
  const model = { name: "test", revision: "r", precision: "fp32", dim } as const;
  const store = new MemoryStore({ model, encoding: "f32", created: 0, version: "0" });
  await store.put(rows);
  return store;
}

/** All of what a generator of batches yields. */
export async function all<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const batch of batches) items.push(...batch);
  return items;
}
