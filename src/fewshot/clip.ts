import { createHash } from "node:crypto";
import { appliedCalibration, type CalibrationTarget } from "../calibration-store.js";
import { Answering, type Clip } from "../clip.js";
import type {
  Comparison,
  EncodeImagesOptions,
  EncodeTextsOptions,
  LabelVectors,
  ModelInfo,
  Warning,
} from "../encoder.js";
import { ClipError } from "../errors.js";
import type { ImageInput } from "../image/sources.js";
import { nearest } from "../math/nearest.js";
import type { Embedding } from "../math/unit.js";
import {
  type Answerer,
  type AnswerOptions,
  type AppliedCalibration,
  answerer,
} from "../zeroshot/confidence/answer.js";
import { compare } from "../zeroshot/predict.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import type { WeightsOptions, ZeroShotWeights } from "../zeroshot/weights.js";
import type { Adapter } from "./adapter.js";
import { adapterBytes } from "./adapter-file.js";
import { checkBelongs } from "./belongs.js";
import { type Head, type LinearHead, logitsOf } from "./head.js";

/**
 * The head for some labels, in their order. Those that it does not know are judged by their words, and as it judges the labels that it
 * knows by their words alone: training holds those down, and what it did not hold down would be answered before them.
 */
function headFor(adapter: Adapter, { labels, vectors }: LabelVectors): Head {
  const { head, labels: known } = adapter;
  const at = new Map(known.map((label, i) => [label, i]));
  switch (head.kind) {
    case "words":
      return head;
    case "cache": {
      const asked = new Map(labels.map((label, i) => [at.get(label), i]));
      const keys = [...head.keys.keys()].filter((k) => asked.has(head.values[k]!));
      return {
        ...head,
        keys: keys.map((k) => head.keys[k]!),
        values: Int32Array.from(keys, (k) => asked.get(head.values[k]!)!),
      };
    }
    case "linear": {
      const unknown = wordsAlone(head, adapter, vectors[0]?.length ?? 0);
      const from = labels.map((label) => at.get(label));
      return {
        ...head,
        vectors: from.map((i) => (i === undefined ? unknown.vector : head.vectors[i]!)),
        bias: Float32Array.from(from, (i) => (i === undefined ? unknown.bias : head.bias[i]!)),
        gain: Float32Array.from(from, (i) => (i === undefined ? unknown.gain : head.gain[i]!)),
      };
    }
    case "bottleneck":
      return { ...head, texts: vectors };
  }
}

/** What a linear head does to labels without pictures, on average; nothing where all have some. */
function wordsAlone(
  { vectors, bias, gain }: LinearHead,
  { labels, truth }: Adapter,
  dim: number,
): { readonly vector: Float32Array; readonly bias: number; readonly gain: number } {
  const seen = new Set(truth);
  const alone = [...labels.keys()].filter((label) => !seen.has(label));
  if (alone.length === 0) return { vector: new Float32Array(dim), bias: 0, gain: 1 };
  const mean = (value: (label: number) => number): number =>
    alone.reduce((sum, label) => sum + value(label), 0) / alone.length;
  return {
    vector: Float32Array.from({ length: dim }, (_, d) => mean((label) => vectors[label]![d]!)),
    bias: mean((label) => bias[label]!),
    gain: mean((label) => gain[label]!),
  };
}

/** A model whose answers an adapter changes; its vectors are the model's own. */
export class AdaptedClip extends Answering implements Clip {
  readonly model: ModelInfo;
  readonly #clip: Clip;
  readonly #adapter: Adapter;
  readonly #seen: ReadonlySet<string>;
  readonly #sets = new WeakMap<ZeroShotWeights, ZeroShotWeights>();

  readonly #onWarning: ((warning: Warning) => void) | undefined;

  constructor(clip: Clip, adapter: Adapter, onWarning?: (warning: Warning) => void) {
    super();
    this.#onWarning = onWarning;
    this.#clip = clip;
    this.#adapter = adapter;
    this.#seen = new Set(Array.from(adapter.truth, (label) => adapter.labels[label]!));
    // Heads are learnt for labels that share what is probable.
    const { measuredLogitScale: _, scoring: __, ...model } = clip.model;
    const hash = createHash("sha256").update(model.revision).update(adapterBytes(adapter));
    // Scores are logits in units of the model's own scale.
    this.model = { ...model, revision: hash.digest("hex"), logitScale: model.logitScale * adapter.scale };
  }

  /** Labels → how a picture is compared with them: logits in units of the model's scale. */
  async comparing(labels: LabelVectors): Promise<(image: Embedding) => Comparison> {
    const head = headFor(this.#adapter, labels);
    const { logitScale } = this.#clip.model;
    const { shift } = this.#adapter;
    const words: ZeroShotWeights = { templates: [], ...labels };
    const seen = labels.labels.map((label) => this.#seen.has(label));
    // Where all or none of the labels have pictures there is nobody to make room for.
    const given = seen.includes(true) && seen.includes(false) ? shift : 0;
    return (image) => {
      const { similarities } = compare(image, words);
      const logits = logitsOf(head, image, similarities, logitScale);
      return {
        scores: logits.map((logit, i) => (logit - (seen[i] ? given : 0)) / logitScale),
        similarities,
      };
    };
  }

  async zeroShotWeights(
    labels: readonly LabelInput[],
    templates: readonly string[] = this.#adapter.templates,
    options: WeightsOptions = {},
  ): Promise<ZeroShotWeights> {
    return this.adapt(await this.#clip.zeroShotWeights(labels, templates, options));
  }

  /** The model's own weights of some labels → those that answer as the adapter does. */
  async adapt(plain: ZeroShotWeights): Promise<ZeroShotWeights> {
    const known = this.#sets.get(plain);
    if (known) return known;
    const message = strangersIn(plain.labels, this.#adapter.labels);
    if (message !== undefined) this.#onWarning?.({ code: "fewshot.words", message });
    const weights = { ...plain, compare: await this.comparing(plain) };
    this.#sets.set(plain, weights);
    return weights;
  }

  async calibrationFor({ labels }: CalibrationTarget): Promise<AppliedCalibration> {
    const plain = appliedCalibration(undefined, labels, { logitScale: this.model.logitScale });
    const own = this.#adapter.labels;
    const same = labels.length === own.length && own.every((label) => labels.includes(label));
    // Without a labelled picture nothing said how sure it may be.
    return { ...plain, source: same && this.#adapter.truth.length > 0 ? "fitted" : "scale" };
  }

  async answerer(weights: ZeroShotWeights, options: AnswerOptions = {}): Promise<Answerer> {
    if (options.abstainBy !== undefined && options.abstainBy !== "probability")
      throw new ClipError(
        "calibrate.abstain",
        `Expected a model with an adapter to abstain by probability but received ${options.abstainBy}.`,
      );
    return answerer(weights, await this.calibrationFor(weights), options);
  }

  override encodeImages(inputs: readonly ImageInput[], options?: EncodeImagesOptions) {
    return this.#clip.encodeImages(inputs, options);
  }

  encodeImageStream(inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>, options?: EncodeImagesOptions) {
    return this.#clip.encodeImageStream(inputs, options);
  }

  encodeTexts(texts: readonly string[], options?: EncodeTextsOptions): Promise<Embedding[]> {
    return this.#clip.encodeTexts(texts, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clip[Symbol.asyncDispose]();
  }
}

/**
 * A model and an adapter that was fitted on its vectors → the model as the adapter answers: `classify`, `evaluateModels`, a
 * server. `onWarning` is told of labels that the adapter never heard of (`fewshot.words`). Raises `fewshot.model` for another model,
 * revision or precision.
 */
export function withAdapter(
  clip: Clip,
  adapter: Adapter,
  onWarning?: (warning: Warning) => void,
): AdaptedClip {
  checkBelongs(clip, adapter);
  return new AdaptedClip(clip, adapter, onWarning);
}

/** Labels named in a warning; of more the number is told. */
const NAMED = 5;

/** A sentence on labels that are none of the adapter's, with the one that may be meant; undefined where there are none. */
function strangersIn(labels: readonly string[], known: readonly string[]): string | undefined {
  const own = new Set(known);
  const strangers = labels.filter((label) => !own.has(label));
  if (strangers.length === 0) return undefined;
  const names = strangers.slice(0, NAMED).map((label) => {
    const near = nearest(label, known);
    return near === undefined
      ? JSON.stringify(label)
      : `${JSON.stringify(label)} (it has ${JSON.stringify(near)})`;
  });
  const more = strangers.length > NAMED ? ` and ${strangers.length - NAMED} more` : "";
  return `The adapter has no ${names.join(", ")}${more}: answered by words alone.`;
}
