import type { BatchSize, EncodeProgress, Encoder } from "../encoder.js";
import { throwIfAborted } from "../errors.js";
import { type ImageOptions, imageOptions } from "../image/options.js";
import type { Views } from "../image/views.js";
import type { Embedding } from "../math/unit.js";
import type { CaptionedSet } from "./captions.js";
import { speedOf, unreadable } from "./collect.js";
import type { FailedPicture } from "./grid/cell.js";
import { encodePass } from "./grid/pass.js";
import { keyOf, NO_STORE, type RunStore } from "./grid/run-store.js";
import { type RecallFigures, recallFigures } from "./recall.js";

/** One finished measurement. Shares are 0..1; positions are those of pictures and captions of the set; a rank −1: it failed. */
export interface RetrievalResult extends RecallFigures {
  readonly model: string;
  readonly views: Views;
  /** Pictures that were read, and their captions; the failed ones count nowhere. */
  readonly images: number;
  readonly captions: number;
  /**
   * From the first picture's file to the last embedding, opening and captions not counted. Null where vectors came from the
   * cache of pictures.
   */
  readonly imagesPerSecond: number | null;
  /** Largest resident memory of the process meanwhile. */
  readonly memoryBytes: number;
  /** When, ISO 8601. */
  readonly measured: string;
  readonly failed: readonly FailedPicture[];
}

export interface RetrievalOptions {
  readonly views?: Views;
  /** Finished results, and vectors of what was ended in the middle. Default: nothing is kept. */
  readonly store?: RunStore;
  /** How pictures are read. */
  readonly image?: Partial<ImageOptions>;
  readonly batchSize?: BatchSize;
  readonly signal?: AbortSignal;
  /** Pictures, then captions. */
  readonly onProgress?: (progress: EncodeProgress) => void;
}

/** Changes where what is written does, or how it is computed. */
const FORMAT = 2;

/** Texts whose vectors are written together. */
const TEXTS_AT_ONCE = 512;

/** Documented in `door.ts`. */
export async function evaluateRetrieval(
  encoder: Encoder,
  set: CaptionedSet,
  options: RetrievalOptions = {},
): Promise<RetrievalResult> {
  const { store = NO_STORE, views = "center", batchSize, signal, onProgress } = options;
  const { files, paths, captions } = set;
  const { name, revision, precision, device } = encoder.model;
  const facts = ["retrieval", FORMAT, revision, precision, device, set.fingerprint];
  const key = keyOf([...facts, views, imageOptions(options.image)]);
  const kept = keptResult(await store.read("cells", key), set);
  if (kept) return { ...kept, model: name };
  const total = files.length + captions.length;
  const step = (done: number): void => onProgress?.({ done, total });
  const pictures = files.map((file, i) => ({ name: file, truth: 0, open: () => paths[i]! }));
  const { features, failed, seconds, memoryBytes } = await encodePass(encoder, pictures, key, {
    ...{ views, store, batchSize, signal },
    onProgress: ({ done }) => step(done),
  });
  if (features.length === 0) throw unreadable(set.name, failed);
  const words = captions.map(({ text }) => text);
  const texts = await encodeWords(encoder, words, keyOf([...facts, "captions"]), store, signal, (done) =>
    step(files.length + done),
  );
  const rows = new Map(features.map(({ position }, row) => [files[position]!, row]));
  const read = captions.flatMap(({ image }, position) => {
    const row = rows.get(image);
    return row === undefined ? [] : [{ position, image: row, vector: texts[position]! }];
  });
  const { shown, ranks, ...figures } = recallFigures(
    features.map(({ vector }) => vector),
    read,
  );
  // Rows of what was read → positions of the set.
  const placed = (queries: typeof shown.found): typeof shown.found =>
    queries.map(({ caption, rank, found }) => ({
      caption: read[caption]!.position,
      rank,
      found: found.map((row) => features[row]!.position),
    }));
  const textRanks = new Array<number>(captions.length).fill(-1);
  for (const [row, rank] of ranks.textToImage.entries()) textRanks[read[row]!.position] = rank;
  const imageRanks = new Array<number>(files.length).fill(-1);
  for (const [row, rank] of ranks.imageToText.entries()) imageRanks[features[row]!.position] = rank;
  const result = {
    ...{ model: name, views, images: features.length, captions: read.length },
    ...figures,
    ranks: { textToImage: textRanks, imageToText: imageRanks },
    imagesPerSecond: speedOf(features.length, seconds),
    memoryBytes,
    measured: new Date().toISOString(),
    shown: { missed: placed(shown.missed), found: placed(shown.found) },
    failed,
  };
  // With pictures that failed it is not finished: they may be there the next time.
  if (failed.length === 0) await store.write("cells", key, { format: FORMAT, retrieval: result });
  return result;
}

/** What the store had, where it is a result of this set: a folder may have been tampered with, or come from another version. */
function keptResult(found: unknown, { files, captions }: CaptionedSet): RetrievalResult | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const { format, retrieval } = found as { readonly format?: unknown; readonly retrieval?: RetrievalResult };
  if (format !== FORMAT || !retrieval?.intervals || !retrieval.shown) return undefined;
  const { textToImage, imageToText } = retrieval.ranks ?? {};
  return textToImage?.length === captions.length && imageToText?.length === files.length
    ? retrieval
    : undefined;
}

/** Texts → vectors [texts]; what the store has is not encoded again. */
async function encodeWords(
  encoder: Encoder,
  texts: readonly string[],
  key: string,
  store: RunStore,
  signal: AbortSignal | undefined,
  step: (done: number) => void,
): Promise<Embedding[]> {
  await using log = await store.features(key, encoder.model.dim);
  const vectors = texts.map((_, position) => log.known.get(position)?.vector);
  const missing = texts.flatMap((_, position) => (vectors[position] ? [] : [position]));
  for (let at = 0; at < missing.length; at += TEXTS_AT_ONCE) {
    throwIfAborted(signal);
    const part = missing.slice(at, at + TEXTS_AT_ONCE);
    const words = part.map((position) => texts[position]!);
    const found = await encoder.encodeTexts(words, signal ? { signal } : {});
    await log.append(part.map((position, i) => ({ position, seconds: 0, vector: found[i]! })));
    for (const [i, position] of part.entries()) vectors[position] = found[i]!;
    step(texts.length - missing.length + at + part.length);
  }
  return vectors.map((vector) => vector!);
}
