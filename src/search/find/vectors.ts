import type { Encoder } from "../../encoder.js";
import { ClipError, orThrow } from "../../errors.js";
import { type ImageOptions, imageOptions } from "../../image/options.js";
import { type Embedding, unit } from "../../math/unit.js";
import { rowId } from "../row.js";
import type { Store } from "../store/store.js";
import { fileKey } from "./hits.js";
import type { PicturePart, QueryPart, RowPart, TextPart } from "./query.js";
import type { VectorPart } from "./relevance.js";
import { neutralVectors, sampleVectors } from "./spread.js";

export interface VectorOptions {
  /** How the query's pictures are read. */
  readonly image?: Partial<ImageOptions>;
  /** True: what all texts have in common is taken from texts, what all pictures have from pictures. Default false. */
  readonly centre?: boolean;
  readonly signal?: AbortSignal;
}

/** A query as vectors. */
export interface QueryVectors {
  /** What rows are ordered by: the parts by their weights, unit length. */
  readonly vector: Embedding;
  readonly parts: readonly VectorPart[];
  /** `fileKey` of the rows that were asked for by `like`: they and their copies are no hits. */
  readonly own: ReadonlySet<string>;
}

const ID = /^[0-9a-f]{32}$/;

async function rowOf(store: Store, { like, weight }: RowPart): Promise<{ part: VectorPart; own: string }> {
  const asPath = rowId(like, null);
  const [byId, byPath] = await store.get([ID.test(like) ? like : asPath, asPath], ["vector", "hash", "time"]);
  const row = byId ?? byPath;
  if (row) {
    return { part: { kind: "picture", weight, vector: row.vector }, own: fileKey(row) };
  }
  throw new ClipError(
    "search.like",
    `Expected the id or path of a picture in ${store.address} but ${JSON.stringify(like.slice(0, 200))} is not there.`,
  );
}

async function picturesOf(
  encoder: Encoder,
  parts: readonly PicturePart[],
  { image, signal }: VectorOptions,
): Promise<VectorPart[]> {
  const options = imageOptions(image);
  const inputs = await Promise.all(
    parts.map(async ({ picture, crop }) => {
      if (!crop) return picture;
      // Cutting is the platform's: loaded where it is asked for.
      const { cropped } = await import("../../image/crop.js");
      return cropped(picture, crop, options);
    }),
  );
  const vectors = orThrow(await encoder.encodeImages(inputs, signal ? { signal } : {}));
  return parts.map(({ weight }, i) => ({ kind: "picture", weight, vector: vectors[i]! }));
}

async function textsOf(
  encoder: Encoder,
  parts: readonly TextPart[],
  { signal }: VectorOptions,
): Promise<VectorPart[]> {
  const texts = parts.map(({ text }) => text);
  const vectors = await encoder.encodeTexts(texts, signal ? { signal } : {});
  return parts.map(({ weight }, i) => ({ kind: "text", weight, vector: vectors[i]! }));
}

function meanOf(vectors: readonly Float32Array[], dim: number): Float32Array {
  const mean = new Float32Array(dim);
  for (const vector of vectors) for (let i = 0; i < dim; i++) mean[i]! += vector[i]! / vectors.length;
  return mean;
}

/** Query parts → one vector and its parts. Raises `search.like`, `input.*`, `image.*`, `text.*`, `aborted`. */
export async function queryVectors(
  store: Store,
  encoder: Encoder,
  query: readonly QueryPart[],
  options: VectorOptions,
): Promise<QueryVectors> {
  const { centre = false, signal } = options;
  const { dim } = store.identity.model;
  const texts = query.filter((part): part is TextPart => "text" in part);
  const pictures = query.filter((part): part is PicturePart => "picture" in part);
  const rows = await Promise.all(query.flatMap((part) => ("like" in part ? [rowOf(store, part)] : [])));
  const parts = [
    ...(texts.length > 0 ? await textsOf(encoder, texts, options) : []),
    ...(pictures.length > 0 ? await picturesOf(encoder, pictures, options) : []),
    ...rows.map(({ part }) => part),
  ];
  const common = centre && {
    text: meanOf(await neutralVectors(encoder), dim),
    picture: meanOf(await sampleVectors(store, signal), dim),
  };
  const sum = new Float32Array(dim);
  for (const { kind, weight, vector } of parts) {
    const away = common ? common[kind] : undefined;
    for (let i = 0; i < dim; i++) sum[i]! += weight * (vector[i]! - (away?.[i] ?? 0));
  }
  // One text alone is itself, to the last bit: what the store finds is what the model finds.
  const isPlain = parts.length === 1 && !common;
  const vector = isPlain ? (parts[0]!.vector as Embedding) : unitOr(sum);
  return { vector, parts, own: new Set(rows.map(({ own }) => own)) };
}

function unitOr(sum: Float32Array): Embedding {
  if (sum.some((value) => value !== 0)) return unit(sum);
  throw new ClipError("search.query", "Expected parts of a query that do not cancel each other out.");
}
