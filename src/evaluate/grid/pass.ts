import type { BatchSize, EncodeProgress, Encoder } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { Views } from "../../image/views.js";
import type { ViewMode } from "../../zeroshot/views.js";
import type { ZeroShotWeights } from "../../zeroshot/weights.js";
import { encodePictures, type Seconds, sumOfSeconds } from "../collect.js";
import type { LabelledPicture } from "../data/labelled-set.js";
import type { FailedPicture } from "./cell.js";
import type { LoggedFeature } from "./feature-log.js";
import { watchMemory } from "./memory.js";
import { NO_STORE, type RunStore } from "./run-store.js";

/** Vectors of some pictures by one model, and what it took. */
export interface Pass {
  /** In order of their positions. */
  readonly features: readonly LoggedFeature[];
  readonly failed: readonly FailedPicture[];
  /** Of a run that was ended and went on, of all its parts. */
  readonly seconds: Seconds;
  readonly memoryBytes: number;
}

export interface PassOptions {
  readonly views: Views;
  readonly viewMode?: ViewMode | undefined;
  /** What pictures will be compared with, where the model or the view mode has to know. */
  readonly weights?: ZeroShotWeights;
  /** Default: nothing is kept. */
  readonly store?: RunStore | undefined;
  readonly batchSize?: BatchSize | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

const PICTURES_A_BATCH = 8;

/** Pictures → vectors; what a store has under `key` is not encoded again, and each batch is written when it is whole. */
export async function encodePass(
  encoder: Encoder,
  pictures: readonly LabelledPicture[],
  key: string,
  options: PassOptions,
): Promise<Pass> {
  const { views, viewMode, weights, signal, onProgress } = options;
  const { store = NO_STORE, batchSize = PICTURES_A_BATCH } = options;
  await using log = await store.features(key, encoder.model.dim);
  const features = [...log.known.values()].filter(({ position }) => position < pictures.length);
  const missing = pictures.flatMap((_, position) => (log.known.has(position) ? [] : [position]));
  const failed: FailedPicture[] = [];
  let waiting: LoggedFeature[] = [];
  let inBatch = 0;
  // A batch's time is that of its first picture; where that one fails, the next that was read takes it over.
  let waited: Seconds = 0;
  const writtenAt = batchSize === "auto" ? 1 : batchSize;
  const flush = async (): Promise<void> => {
    inBatch = 0;
    await log.append(waiting);
    waiting = [];
  };
  const memory = watchMemory();
  const stream = encodePictures(
    encoder,
    pictures,
    {
      batchSize,
      views,
      ...(viewMode ? { viewMode } : {}),
      ...(weights ? { weights } : {}),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    },
    missing,
  );
  for await (const { position, result, seconds } of stream) {
    waited = sumOfSeconds([waited, seconds]);
    if (result instanceof ClipError) {
      const { code, message } = result;
      failed.push({ image: pictures[position]!.name, error: { code, message } });
    } else {
      const feature = { position, seconds: waited, vector: result };
      waited = 0;
      features.push(feature);
      waiting.push(feature);
    }
    // Each batch is written when it is whole, so that a kill costs no more than the one at work.
    if (++inBatch >= writtenAt) await flush();
  }
  await flush();
  features.sort((a, b) => a.position - b.position);
  const seconds = sumOfSeconds([...features.map((feature) => feature.seconds), waited]);
  const most = memory();
  const before = (await store.read("passes", key)) as { readonly memoryBytes?: unknown } | undefined;
  const known = typeof before?.memoryBytes === "number" ? before.memoryBytes : 0;
  const memoryBytes = missing.length > failed.length || known === 0 ? Math.max(most, known) : known;
  await store.write("passes", key, { memoryBytes });
  return { features, failed, seconds, memoryBytes };
}
