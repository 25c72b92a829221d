import { createHash } from "node:crypto";
import type { Encoder } from "../../../src/encoder.js";
import { type Row, rowId } from "../../../src/search/row.js";
import { openStore } from "../../../src/search/store/open.js";
import type { Store } from "../../../src/search/store/store.js";

/** A row of a picture that is called `path`; everything that is not given is plain. */
export function rowOf(path: string, vector: Float32Array, more: Partial<Row> = {}): Row {
  return {
    path,
    time: null,
    hash: createHash("sha256").update(path).digest("hex"),
    bytes: 1000,
    modified: Date.UTC(2024, 0, 1),
    width: 640,
    height: 480,
    taken: null,
    latitude: null,
    longitude: null,
    camera: null,
    labels: [],
    caption: null,
    perceptual: "0".repeat(16),
    sharpness: 1,
    blank: false,
    thumbnail: null,
    indexed: 0,
    vector,
    ...more,
    id: rowId(path, more.time ?? null),
  };
}

/** A store in memory that has one picture a path, as the encoder sees it. */
export async function storeOf(encoder: Encoder, paths: readonly string[]): Promise<Store> {
  const { model } = encoder;
  const store = await openStore("memory:", { model, create: true, version: "0.0.0" });
  const vectors = await encoder.encodeImages(paths);
  await store.put(
    paths.flatMap((path, i) => {
      const vector = vectors[i]!;
      return vector instanceof Error ? [] : [rowOf(path, vector)];
    }),
  );
  return store;
}
