import { setTimeout as wait } from "node:timers/promises";
import type { EncodedImage, EncodeImagesOptions, Encoder } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import type { ZeroShotWeights } from "../../zeroshot/weights.js";
import type { ModelPool } from "../models.js";
import { BusyError } from "../queue/busy.js";
import type { Serving } from "../serving.js";

/** Pictures that wait together: two runs of most models, so that whoever asks meanwhile waits for one of them at most. */
const AT_ONCE = 8;

/** A model that is lent, as evaluation takes it: its pictures wait in the queue of all others, as bulk. */
export type LentEncoder = Encoder & AsyncDisposable & { readonly serving: Serving };

/** Lends a model until it is closed. Raises `model.unknown`, `aborted`, and what opening it raises. */
export async function lend(pool: ModelPool, name: string, signal: AbortSignal): Promise<LentEncoder> {
  return new Promise((resolve, reject) => {
    const work = (serving: Serving): Promise<void> =>
      new Promise((release) =>
        resolve({ ...queued(serving, signal), [Symbol.asyncDispose]: async () => release() }),
      );
    pool.use(name, work).catch(reject);
  });
}

function queued(serving: Serving, signal: AbortSignal): Encoder & { readonly serving: Serving } {
  const clip = serving.answering;
  const asker = { client: "evaluation", priority: "bulk", signal } as const;
  const submit = async (
    pictures: readonly ImageInput[],
    { views = "center", eachView = false, labels }: EncodeImagesOptions,
  ): Promise<(EncodedImage | ClipError)[]> => {
    const kind = { views, eachView, ...(clip.needsLabels ? { weights: labels as ZeroShotWeights } : {}) };
    for (;;) {
      try {
        return await serving.encodeImages(pictures, kind, asker);
      } catch (error) {
        if (!(error instanceof BusyError)) throw error;
        await wait(error.retryAfter * 1000, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  async function* stream(
    inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
    options: EncodeImagesOptions = {},
  ): AsyncGenerator<EncodedImage> {
    let done = 0;
    for await (const pictures of groups(inputs)) {
      for (const one of await submit(pictures, options)) {
        yield one instanceof ClipError ? { id: `#${done}`, result: one } : one;
        done += 1;
      }
      options.onProgress?.({ done });
    }
  }
  return {
    serving,
    model: clip.model,
    ...(clip.needsLabels ? { needsLabels: true } : {}),
    ...(clip.comparing ? { comparing: clip.comparing.bind(clip) } : {}),
    encodeTexts: (texts, options) => clip.encodeTexts(texts, options),
    encodeImageStream: stream,
    async encodeImages(inputs, options) {
      const found = [];
      for await (const { result } of stream(inputs, options)) found.push(result);
      return found;
    },
  };
}

async function* groups(
  inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
): AsyncGenerator<ImageInput[]> {
  let group: ImageInput[] = [];
  for await (const input of inputs) {
    group.push(input);
    if (group.length < AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
