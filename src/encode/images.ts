import type { EncodedImage, EncodeImagesOptions } from "../encoder.js";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import type { FactsOptions, PictureFacts } from "../image/facts-with.js";
import { type ImageInput, inputId } from "../image/input.js";
import type { ImageOptions } from "../image/options.js";
import type { Picture } from "../image/pixels.js";
import type { PictureJob, PreparedPicture } from "../image/prepare-with.js";
import { normalise } from "../image/preprocess.js";
import { MOST_VIEWS, VIEWS, type Views, viewWeights } from "../image/views.js";
import { type Embedding, meanUnit, unit, weightedMeanUnit } from "../math/unit.js";
import type { ImageTower } from "../models/manifest.js";
import type { Feed, Session } from "../runtime/session.js";
import { BATCH, checkBatchSize } from "./batch-size.js";
import { gate, prefetch } from "./prefetch.js";

/** Squares of pictures that are prepared before their turn: 100 MB at 260 pixels. */
const SQUARES_AHEAD = 512;

/** Makes squares of pictures; the image room has one for each platform. */
export interface PicturePreparer {
  /** Pictures that it takes at once. */
  readonly atOnce: number;
  /** Picture → its squares, one a view. Raises `image.*`. */
  prepare(job: PictureJob): Promise<PreparedPicture>;
}

/** Embeddings of pictures by what was in their files. */
export interface PictureCache {
  /** Bytes, and which squares are taken of them → the key of the embedding. */
  keyOf(bytes: Uint8Array, views: Views): Uint8Array;
  get(keys: readonly Uint8Array[]): Promise<readonly (Embedding | undefined)[]>;
  put(key: Uint8Array, vector: Embedding): Promise<void>;
}

/** All that the image side of a loaded model needs. */
export interface ImageSide {
  readonly session: Pick<Session, "run">;
  readonly tower: ImageTower;
  /** Length of a feature vector. */
  readonly dim: number;
  readonly options: ImageOptions;
  /** Input → its encoded bytes, or the picture where pixels came in. Raises `input.*`, `image.too-large`. */
  readonly read: (input: ImageInput) => Promise<Uint8Array | Picture>;
  /** Makes squares of pictures. */
  readonly preparer: PicturePreparer;
  /** Squares a run: a larger batch is computed in pieces, so that what lies between two layers stays in the cache. */
  readonly squaresAtOnce: number;
  /** Pictures a batch where the caller leaves it to us: measured. */
  readonly autoBatch: () => Promise<number>;
  /** Embeddings of pictures that were encoded before. */
  readonly cache?: PictureCache | undefined;
}

/** A picture on its way: its squares, its embedding where that is known, or what was wrong with it. */
interface Prepared {
  readonly id: string;
  readonly squares: readonly Uint8Array[] | ClipError;
  readonly facts?: PictureFacts;
  readonly known?: Embedding;
  /** Where its embedding is to be remembered. */
  readonly key?: Uint8Array;
}

/** What is made of each picture. */
interface How {
  readonly views: Views;
  readonly eachView: boolean;
  readonly facts: FactsOptions | undefined;
}

/** Input → squares u8 [size, size, 3]; never rejects. */
async function prepare(
  side: ImageSide,
  input: ImageInput,
  id: string,
  { views, eachView, facts }: How,
): Promise<Prepared> {
  const { options, read: readInput, tower, preparer } = side;
  try {
    const read = await readInput(input);
    // What is remembered is the mean alone; facts are read from a decoded picture.
    const remembers = side.cache && !eachView && !facts && read instanceof Uint8Array;
    const key = remembers ? side.cache?.keyOf(read, views) : undefined;
    const [known] = key && side.cache ? await side.cache.get([key]) : [];
    if (known) return { id, squares: [], known };
    const { preprocessing } = tower;
    const prepared = await preparer.prepare({ source: read, preprocessing, options, views, facts });
    return { id, ...prepared, ...(key ? { key } : {}) };
  } catch (error) {
    return { id, squares: asClipError(error, "image.decode") };
  }
}

function pixelFeed({ tower }: ImageSide, squares: readonly Uint8Array[]): Feed {
  const { size } = tower.preprocessing;
  const n = squares.length;
  // Its own memory, so that the run may keep it.
  const bytes = new Uint8Array(n * size * size * 3);
  for (const [i, square] of squares.entries()) bytes.set(square, i * size * size * 3);
  const u8 = { type: "uint8", data: bytes, dims: [n, size, size, 3], given: true } as const;
  if (tower.pixels.layout === "u8-nhwc") return u8;
  const { mean, std } = tower.pixels;
  const data = normalise(bytes, size, mean, std);
  return { type: "float32", data, dims: [n, 3, size, size], given: true };
}

/** Squares u8 [size, size, 3] → unit vectors. */
async function compute(side: ImageSide, squares: readonly Uint8Array[]): Promise<Embedding[]> {
  const pieces = Math.ceil(squares.length / side.squaresAtOnce);
  const vectors: Embedding[] = [];
  for (let i = 1; i <= pieces; i++) {
    const end = Math.round((squares.length * i) / pieces);
    vectors.push(...(await run(side, squares.slice(vectors.length, end))));
  }
  return vectors;
}

/** The same in one run. */
async function run(side: ImageSide, squares: readonly Uint8Array[]): Promise<Embedding[]> {
  const { session, tower, dim } = side;
  const { data } = await session.run({ [tower.input]: pixelFeed(side, squares) }, tower.output);
  return squares.map((_, i) => unit(data.subarray(i * dim, (i + 1) * dim)));
}

/** A batch of pictures, some of which may be bad → a result each. */
async function encodeBatch(
  side: ImageSide,
  batch: readonly Prepared[],
  { views, eachView }: How,
): Promise<EncodedImage[]> {
  const squares = batch.flatMap((prepared) =>
    prepared.squares instanceof ClipError ? [] : prepared.squares,
  );
  const vectors = await compute(side, squares);
  let at = 0;
  const results: EncodedImage[] = [];
  for (const { id, squares: own, known, key, facts } of batch) {
    if (own instanceof ClipError) {
      results.push({ id, result: own });
      continue;
    }
    if (known) {
      results.push({ id, result: known, remembered: true });
      continue;
    }
    const first = at;
    at += own.length;
    const seen = vectors.slice(first, at);
    const result = average(seen, views);
    if (key) await side.cache?.put(key, result);
    results.push({ id, result, ...(eachView ? { views: seen } : {}), ...(facts ? { facts } : {}) });
  }
  return results;
}

/** Vectors of a picture's squares → its own. */
function average(vectors: readonly Embedding[], views: Views): Embedding {
  if (views === "center") return vectors[0]!;
  const weights = viewWeights(views, vectors.length);
  return weights ? weightedMeanUnit(vectors, weights) : meanUnit(vectors);
}

function checkViews(views: Views): Views {
  if (VIEWS.includes(views)) return views;
  throw new ClipError("usage.views", `Expected views to be ${VIEWS.join(", ")} but received "${views}".`);
}

/**
 * Pictures → unit vectors or errors, in order. While one batch is computed the next is read and decoded on other
 * threads, and the next run begins before the results of the last are looked at; at most four batches are in memory, fewer of many squares. A batch is at most 32 squares, or `batchSize`. Raises `aborted` and `usage.*`, and what `inputs` itself raises.
 */
export async function* encodeImages(
  side: ImageSide,
  inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
  options: EncodeImagesOptions = {},
): AsyncGenerator<EncodedImage> {
  const { signal, onProgress } = options;
  const { batchSize: asked = BATCH } = options;
  const batchSize = asked === "auto" ? await side.autoBatch() : checkBatchSize(asked);
  const views = checkViews(options.views ?? "center");
  const how: How = { views, eachView: options.eachView === true, facts: options.facts };
  const mostSquares = Math.max(batchSize, MOST_VIEWS.tiles);
  const ahead = Math.min(2 * batchSize, Math.max(2, Math.floor(SQUARES_AHEAD / MOST_VIEWS[views])));
  if (typeof inputs !== "object" || inputs === null) {
    throw new ClipError(
      "input.type",
      `Expected a list of pictures but received ${inputs === null ? "null" : typeof inputs}.`,
    );
  }
  const decoding = gate(side.preparer.atOnce);
  const prepared = prefetch(inputs, ahead, (input, position) =>
    decoding(() => prepare(side, input, inputId(input, position), how)),
  );
  let batch: Prepared[] = [];
  let squares = 0;
  let done = 0;
  let running: Promise<EncodedImage[]> | undefined;
  let isCut = false;
  const run = async (taken: readonly Prepared[]): Promise<EncodedImage[]> => {
    const results = await encodeBatch(side, taken, how);
    done += taken.length;
    onProgress?.({ done, ...(Array.isArray(inputs) ? { total: inputs.length } : {}) });
    return results;
  };
  /** The next run begins when the last one ends, before anybody looks at what that gave → what it gave. */
  const flush = async (): Promise<EncodedImage[]> => {
    const results = (await running) ?? [];
    isCut = signal?.aborted === true;
    running = isCut ? undefined : run(batch);
    // What it raises is raised where it is awaited.
    running?.catch(() => {});
    batch = [];
    squares = 0;
    return results;
  };
  try {
    for await (const item of prepared) {
      isCut ||= signal?.aborted === true;
      if (isCut) break;
      const own = item.squares instanceof ClipError ? 0 : item.squares.length;
      if (batch.length > 0 && squares + own > mostSquares) yield* await flush();
      squares += own;
      if (batch.push(item) === batchSize) yield* await flush();
    }
    if (batch.length > 0) yield* await flush();
    yield* (await running) ?? [];
    if (isCut) throwIfAborted(signal);
  } finally {
    // Somebody who takes no more may close the model next.
    await running?.catch(() => {});
  }
}
