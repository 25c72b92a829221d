import type { EmbeddingCache } from "../cache/embedding-cache.js";
import type { EncodedImage, EncodeImagesOptions } from "../encoder.js";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import type { FetchOptions } from "../image/guarded-fetch.js";
import type { ImageOptions } from "../image/options.js";
import type { Preparer } from "../image/preparer.js";
import { normalise, VIEW_COUNT, type Views } from "../image/preprocess.js";
import { type ImageInput, inputId, readInput } from "../image/sources.js";
import { type Embedding, meanUnit, unit } from "../math/unit.js";
import type { ImageTower } from "../models/manifest.js";
import type { Feed, Session } from "../runtime/session.js";
import { pictureKey } from "./image-cache.js";
import { gate, prefetch } from "./prefetch.js";

/** Pictures a run: on two cores larger batches gain little and make the first answer wait. */
const BATCH = 8;
const MOST_BATCH = 256;

/** All that the image side of a loaded model needs. */
export interface ImageSide {
  readonly session: Session;
  readonly tower: ImageTower;
  /** Length of a feature vector. */
  readonly dim: number;
  readonly options: ImageOptions;
  readonly fetchUrls: FetchOptions | undefined;
  /** Makes squares of pictures. */
  readonly preparer: Preparer;
  /** Embeddings of pictures that were encoded before. */
  readonly cache?: EmbeddingCache | undefined;
}

/** A picture on its way: its squares, its embedding where that is known, or what was wrong with it. */
interface Prepared {
  readonly id: string;
  readonly squares: readonly Uint8Array[] | ClipError;
  readonly known?: Embedding;
  /** Where its embedding is to be remembered. */
  readonly key?: Uint8Array;
}

/** Input → squares u8 [size, size, 3]; never rejects. */
async function prepare(side: ImageSide, input: ImageInput, id: string, views: Views): Promise<Prepared> {
  const { options, fetchUrls, tower, preparer } = side;
  try {
    const read = await readInput(input, { ...options, ...(fetchUrls ? { fetchUrls } : {}) });
    const key = side.cache && read instanceof Uint8Array ? pictureKey(read, options, views) : undefined;
    const [known] = key && side.cache ? await side.cache.get([key]) : [];
    if (known) return { id, squares: [], known };
    const { preprocessing } = tower;
    const squares = await preparer.prepare({ source: read, preprocessing, options, views });
    return { id, squares, ...(key ? { key } : {}) };
  } catch (error) {
    return { id, squares: asClipError(error, "image.decode") };
  }
}

function pixelFeed({ tower }: ImageSide, squares: readonly Uint8Array[]): Feed {
  const { size } = tower.preprocessing;
  const n = squares.length;
  // Not filled with zeros first: every byte is written. Its own memory, so that the run may keep it.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(n * size * size * 3).buffer);
  for (const [i, square] of squares.entries()) bytes.set(square, i * size * size * 3);
  const u8 = { type: "uint8", data: bytes, dims: [n, size, size, 3], given: true } as const;
  if (tower.pixels.layout === "u8-nhwc") return u8;
  const { mean, std } = tower.pixels;
  const data = normalise(bytes, size, mean, std);
  return { type: "float32", data, dims: [n, 3, size, size], given: true };
}

/** Squares u8 [size, size, 3] → unit vectors, in one run. */
async function run(side: ImageSide, squares: readonly Uint8Array[]): Promise<Embedding[]> {
  const { session, tower, dim } = side;
  const { data } = await session.run({ [tower.input]: pixelFeed(side, squares) }, tower.output);
  return squares.map((_, i) => unit(data.subarray(i * dim, (i + 1) * dim)));
}

/** A batch of pictures, some of which may be bad → a result each. */
async function encodeBatch(
  side: ImageSide,
  batch: readonly Prepared[],
  views: Views,
): Promise<EncodedImage[]> {
  const squares = batch.flatMap((prepared) =>
    prepared.squares instanceof ClipError ? [] : prepared.squares,
  );
  const vectors = squares.length > 0 ? await run(side, squares) : [];
  let at = 0;
  const results: EncodedImage[] = [];
  for (const { id, squares: own, known, key } of batch) {
    if (own instanceof ClipError || known) {
      results.push({ id, result: own instanceof ClipError ? own : known! });
      continue;
    }
    const first = at;
    at += own.length;
    const result = views === "center" ? vectors[first]! : meanUnit(vectors.slice(first, at));
    if (key) await side.cache?.put(key, result);
    results.push({ id, result });
  }
  return results;
}

function checkBatchSize(size: number): number {
  if (Number.isInteger(size) && size >= 1 && size <= MOST_BATCH) return size;
  throw new ClipError(
    "usage.batch-size",
    `Expected a batch size from 1 to ${MOST_BATCH} but received ${size}.`,
  );
}

function checkViews(views: Views): Views {
  if (Object.hasOwn(VIEW_COUNT, views)) return views;
  throw new ClipError(
    "usage.views",
    `Expected views to be ${Object.keys(VIEW_COUNT).join(", ")} but received "${views}".`,
  );
}

/**
 * Pictures → unit vectors or errors, in order. While one batch is computed the next is read and decoded on other
 * threads; at most three batches are in memory. Raises `aborted` and `usage.*`, and what `inputs` itself raises.
 */
export async function* encodeImages(
  side: ImageSide,
  inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
  options: EncodeImagesOptions = {},
): AsyncGenerator<EncodedImage> {
  const { signal, onProgress } = options;
  const batchSize = checkBatchSize(options.batchSize ?? BATCH);
  const views = checkViews(options.views ?? "center");
  if (typeof inputs !== "object" || inputs === null) {
    throw new ClipError(
      "input.type",
      `Expected a list of pictures but received ${inputs === null ? "null" : typeof inputs}.`,
    );
  }
  const decoding = gate(side.preparer.atOnce);
  const prepared = prefetch(inputs, 2 * batchSize, (input, position) =>
    decoding(() => prepare(side, input, inputId(input, position), views)),
  );
  let batch: Prepared[] = [];
  let done = 0;
  const flush = async (): Promise<EncodedImage[]> => {
    throwIfAborted(signal);
    const results = await encodeBatch(side, batch, views);
    done += batch.length;
    batch = [];
    onProgress?.({ done, ...(Array.isArray(inputs) ? { total: inputs.length } : {}) });
    return results;
  };
  for await (const item of prepared) {
    throwIfAborted(signal);
    if (batch.push(item) === batchSize) yield* await flush();
  }
  if (batch.length > 0) yield* await flush();
}
