import { type AnswerAllOptions, Answering, type ClassifyOptions, type Clip } from "../answering.js";
import { BATCH, checkBatchSize, MOST_BATCH } from "../encode/batch-size.js";
import { prefetch } from "../encode/prefetch.js";
import type {
  EncodedImage,
  EncodeImagesOptions,
  EncodeTextsOptions,
  ModelInfo,
  Warning,
} from "../encoder.js";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import { type ImageInput, inputId } from "../image/input.js";
import { WeightSets } from "../loaded-clip.js";
import type { Embedding } from "../math/unit.js";
import { negativeWeights } from "../zeroshot/confidence/abstain.js";
import {
  type Answer,
  type Answerer,
  type AnswerOptions,
  type AppliedCalibration,
  answerer,
} from "../zeroshot/confidence/answer.js";
import { ownScale } from "../zeroshot/confidence/own-scale.js";
import type { CalibrationTarget } from "../zeroshot/confidence/target.js";
import type { Prediction } from "../zeroshot/predict.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import type { WeightsOptions, ZeroShotWeights } from "../zeroshot/weights.js";
import type { Program } from "./calls.js";
import type { Note, Question, SentImage, SentResult } from "./protocol.js";
import { sendable, type WebImageInput } from "./sendable.js";

type Images = readonly WebImageInput[];
type ImageStream = AsyncIterable<WebImageInput> | Iterable<WebImageInput>;

/** A loaded model in a page: a `Clip` whose pictures may also be what the page shows. */
export interface WebClip extends Clip {
  /** Threads that ONNX Runtime computes with. */
  readonly threads: number;
  classify(
    image: WebImageInput,
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<Prediction[]>;
  classifyAll(
    images: Images,
    labels: readonly LabelInput[],
    options?: ClassifyOptions,
  ): Promise<(Prediction[] | ClipError)[]>;
  answerAll(
    images: Images,
    labels: readonly LabelInput[],
    options?: AnswerAllOptions,
  ): Promise<(Answer | ClipError)[]>;
  encodeImages(inputs: Images, options?: EncodeImagesOptions): Promise<(Embedding | ClipError)[]>;
  encodeImageStream(inputs: ImageStream, options?: EncodeImagesOptions): AsyncGenerator<EncodedImage>;
}

/** What the page does with what a worker notes. */
interface Told {
  readonly onProgress?: EncodeTextsOptions["onProgress"];
  readonly onWarning?: EncodeTextsOptions["onWarning"];
  readonly onTokens?: EncodeTextsOptions["onTokens"];
  readonly onStrange?: EncodeTextsOptions["onStrange"];
}

function noting({ onProgress, onWarning, onTokens, onStrange }: Told): (note: Note) => void {
  return (note) => {
    if ("progress" in note) onProgress?.(note.progress);
    else if ("warning" in note) onWarning?.(note.warning);
    else if ("tokens" in note) onTokens?.(note.tokens);
    else if ("strange" in note) onStrange?.(note.strange);
  };
}

/** Calls on their way: while one is computed the next one's pictures come. */
const ON_THEIR_WAY = 2;

interface Group {
  readonly ids: readonly string[];
  readonly images: readonly WebImageInput[];
}

async function* groups(inputs: ImageStream, size: number): AsyncGenerator<Group> {
  let [ids, images]: [string[], WebImageInput[]] = [[], []];
  let position = 0;
  for await (const input of inputs) {
    ids.push(inputId(input as ImageInput, position++));
    if (images.push(input) < size) continue;
    yield { ids, images };
    [ids, images] = [[], []];
  }
  if (images.length > 0) yield { ids, images };
}

/** Options of pictures as they can be sent. */
function plain({ batchSize, views, eachView, facts }: EncodeImagesOptions): EncodeImagesOptions {
  return {
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(views === undefined ? {} : { views }),
    ...(eachView === undefined ? {} : { eachView }),
    ...(facts === undefined ? {} : { facts }),
  };
}

/** A model in a worker. Comparing vectors with labels is done here: it takes a fraction of a millisecond. */
export class RemoteClip extends Answering implements WebClip {
  readonly model: ModelInfo;
  readonly threads: number;
  readonly #program: Program;
  readonly #maxBytes: number;
  readonly #onWarning: ((warning: Warning) => void) | undefined;
  readonly #sets = new WeightSets();

  constructor(
    program: Program,
    known: { readonly model: ModelInfo; readonly threads: number },
    options: { readonly maxBytes: number; readonly onWarning: ((warning: Warning) => void) | undefined },
  ) {
    super();
    this.#program = program;
    this.model = known.model;
    this.threads = known.threads;
    this.#maxBytes = options.maxBytes;
    this.#onWarning = options.onWarning;
  }

  async *encodeImageStream(
    inputs: ImageStream,
    options: EncodeImagesOptions = {},
  ): AsyncGenerator<EncodedImage> {
    const { batchSize = BATCH, signal, onProgress } = options;
    const size = batchSize === "auto" ? MOST_BATCH / 8 : checkBatchSize(batchSize);
    throwIfAborted(signal);
    if (typeof inputs !== "object" || inputs === null) {
      throw new ClipError(
        "input.type",
        `Expected a list of pictures but received ${inputs === null ? "null" : typeof inputs}.`,
      );
    }
    const answered = prefetch(groups(inputs, size), ON_THEIR_WAY, (group) =>
      this.#encode(group, options).catch((error: unknown) => asClipError(error, "runtime.thread")),
    );
    let done = 0;
    for await (const results of answered) {
      if (results instanceof ClipError) throw results;
      for (const result of results) {
        done += 1;
        yield result;
      }
      onProgress?.({ done, ...(Array.isArray(inputs) ? { total: inputs.length } : {}) });
    }
  }

  async #encode({ ids, images }: Group, options: EncodeImagesOptions): Promise<EncodedImage[]> {
    const sent: SentImage[] = [];
    const transfer: Transferable[] = [];
    const unread = new Map<number, ClipError>();
    for (const [i, input] of images.entries()) {
      try {
        const one = await sendable(input, this.#maxBytes);
        sent.push(one.image);
        transfer.push(...one.transfer);
      } catch (error) {
        unread.set(i, asClipError(error, "input.type"));
      }
    }
    const question: Question = { ask: "images", images: sent, options: plain(options) };
    const { signal } = options;
    const results = await this.#program.call<SentResult[]>(question, transfer, { signal });
    const left = results.values();
    return ids.map((id, i) => {
      const failed = unread.get(i);
      if (failed) return { id, result: failed };
      const found = left.next().value!;
      if ("error" in found) {
        const { error, ...more } = found;
        return { id, ...more, result: new ClipError(error.code, error.message) };
      }
      return { id, ...found, result: found.result as Embedding };
    });
  }

  override async encodeImages(
    inputs: Images,
    options?: EncodeImagesOptions,
  ): Promise<(Embedding | ClipError)[]> {
    const results: (Embedding | ClipError)[] = [];
    for await (const { result } of this.encodeImageStream(inputs, options)) results.push(result);
    return results;
  }

  encodeTexts(texts: readonly string[], options: EncodeTextsOptions = {}): Promise<Embedding[]> {
    const { truncate, batchSize, names, signal, ...told } = options;
    const sent = {
      ...(truncate === undefined ? {} : { truncate }),
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(names === undefined ? {} : { names }),
    };
    const question: Question = { ask: "texts", texts, options: sent };
    const onNote = noting({ ...(this.#onWarning ? { onWarning: this.#onWarning } : {}), ...told });
    return this.#program.call(question, [], { signal, onNote });
  }

  zeroShotWeights(
    labels: readonly LabelInput[],
    templates: readonly string[] = this.model.templates,
    options: WeightsOptions = {},
  ): Promise<ZeroShotWeights> {
    const { templateWeights, signal, ...told } = options;
    const key = JSON.stringify([labels, templates, templateWeights]);
    return this.#sets.get(key, () => {
      const question: Question = {
        ask: "weights",
        labels,
        templates,
        options: templateWeights ? { templateWeights } : {},
      };
      const onNote = noting({ ...(this.#onWarning ? { onWarning: this.#onWarning } : {}), ...told });
      return this.#program.call(question, [], { signal, onNote });
    });
  }

  async answerer(weights: ZeroShotWeights, options: AnswerOptions = {}): Promise<Answerer> {
    const applied = await this.calibrationFor(weights);
    const { templates, templateWeights } = weights;
    const negatives =
      options.abstainBy === "negative"
        ? await negativeWeights(weights, (words) =>
            this.zeroShotWeights(words, templates, templateWeights ? { templateWeights } : {}),
          )
        : undefined;
    return answerer(weights, applied, options, negatives);
  }

  async calibrationFor(_: CalibrationTarget): Promise<AppliedCalibration> {
    return ownScale(this.model);
  }

  /** Ends the worker, and with it all memory that the model took. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.end();
  }
}
