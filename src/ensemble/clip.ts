import { createHash } from "node:crypto";
import {
  appliedCalibration,
  type CalibrationTarget,
  calibrationKeys,
  carriedOverWarning,
  chooseCalibration,
  listCalibrations,
} from "../calibration-store.js";
import { Answering, type Clip } from "../clip.js";
import type {
  Comparison,
  EncodedImage,
  EncodeImagesOptions,
  EncodeTextsOptions,
  LabelVectors,
  ModelInfo,
} from "../encoder.js";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import { type ImageOptions, imageOptions } from "../image/options.js";
import { type ImageInput, inputId, readInput } from "../image/sources.js";
import { type Embedding, unit } from "../math/unit.js";
import {
  type Answerer,
  type AnswerOptions,
  type AppliedCalibration,
  answerer,
  CALIBRATION_SOURCES,
} from "../zeroshot/confidence/answer.js";
import { sharesOf } from "../zeroshot/confidence/calibration.js";
import { combine, logarithms } from "../zeroshot/ensemble.js";
import { checkedCosine } from "../zeroshot/predict.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import { viewsName } from "../zeroshot/views.js";
import { type WeightsOptions, type ZeroShotWeights, zeroShotWeights } from "../zeroshot/weights.js";
import type { Members } from "./members.js";
import type { FittedFor, Plan } from "./plan.js";

/** Pictures that every member sees before the next ones are read. */
const CHUNK = 32;
/** The same where members are opened one after another: opening takes as long as some pictures. */
const CHUNK_ONE = 1024;

/** Label sets whose weights are remembered. */
const REMEMBERED_SETS = 8;

export interface EnsembleSettings {
  readonly name?: string;
  readonly image?: Partial<ImageOptions> | undefined;
  /** Where calibrations lie; absent: none is used. */
  readonly calibrationHome?: string | undefined;
  readonly onWarning?: WeightsOptions["onWarning"] | undefined;
}

/**
 * Several models that answer as one. A vector is the members' vectors one behind the other, by the roots of their weights, so
 * that the dot product of two is the weighted mean of the members' cosines; of a cascade only the part of the model that
 * answered is not 0.
 */
export class EnsembleClip extends Answering implements Clip {
  readonly model: ModelInfo;
  readonly needsLabels: boolean;
  readonly #members: Members;
  readonly #plan: Plan;
  /** [members] what each part of a picture's vector, and of a label's, is multiplied with. */
  readonly #pictureFactors: readonly number[];
  readonly #labelFactors: readonly number[];
  readonly #starts: readonly number[];
  readonly #settings: EnsembleSettings;
  readonly #sets = new Map<string, ZeroShotWeights>();

  constructor(members: Members, plan: Plan, settings: EnsembleSettings = {}) {
    super();
    this.#members = members;
    this.#plan = plan;
    this.#settings = settings;
    this.needsLabels = plan.kind === "cascade";
    const { models } = members;
    const roots =
      plan.kind === "ensemble" ? plan.weights.map(Math.sqrt) : models.map(() => Math.sqrt(1 / models.length));
    this.#labelFactors = roots;
    this.#pictureFactors = plan.kind === "ensemble" ? roots : models.map(() => 1);
    this.#starts = models.map((_, m) => models.slice(0, m).reduce((sum, { dim }) => sum + dim, 0));
    this.model = infoOf(models, plan, settings.name);
  }

  async *encodeImageStream(
    inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
    options: EncodeImagesOptions = {},
  ): AsyncGenerator<EncodedImage> {
    if (options.eachView) {
      throw new ClipError(
        "usage.view-mode",
        "Expected the average of the squares but received best, which takes one model.",
      );
    }
    const { labels, signal, onProgress } = options;
    if (this.needsLabels && !labels) {
      throw new ClipError(
        "usage.ensemble",
        "Expected labels to compare pictures with: a cascade classifies, it has no vectors of its own.",
      );
    }
    const compared = labels && this.needsLabels ? await this.comparing(labels) : undefined;
    const most = this.#members.oneAtATime
      ? CHUNK_ONE
      : Math.max(CHUNK, typeof options.batchSize === "number" ? options.batchSize : 0);
    const total = Array.isArray(inputs) ? inputs.length : undefined;
    let done = 0;
    let chunk: ImageInput[] = [];
    const flush = async (): Promise<EncodedImage[]> => {
      throwIfAborted(signal);
      const found = await this.#encodeChunk(chunk, options, compared);
      const results = found.map((one, i) => ({ id: inputId(chunk[i]!, done + i), ...one }));
      done += chunk.length;
      chunk = [];
      onProgress?.({ done, ...(total === undefined ? {} : { total }) });
      return results;
    };
    for await (const input of inputs) if (chunk.push(input) === most) yield* await flush();
    if (chunk.length > 0) yield* await flush();
  }

  /** Some pictures through the members, one member after another → a vector or an error each; remembered where a part of it was. */
  async #encodeChunk(
    inputs: readonly ImageInput[],
    { batchSize, views, signal }: EncodeImagesOptions,
    compared: ((image: Embedding) => Comparison) | undefined,
  ): Promise<Omit<EncodedImage, "id">[]> {
    const asked = {
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(views === undefined ? {} : { views }),
      ...(signal === undefined ? {} : { signal }),
    };
    const kept = await Promise.all(inputs.map((input) => this.#rereadable(input)));
    const failed = kept.map((input) => (input instanceof ClipError ? input : undefined));
    const vectors = inputs.map(() => new Float32Array(this.model.dim));
    const known = new Set<number>();
    let waiting = inputs.flatMap((_, i) => (failed[i] ? [] : [i]));
    for (let m = 0; m < this.#starts.length && waiting.length > 0; m++) {
      const member = await this.#members.use(m);
      const inputs = waiting.map((i) => kept[i] as ImageInput);
      const next: number[] = [];
      let at = 0;
      for await (const { result, remembered } of member.encodeImageStream(inputs, asked)) {
        const i = waiting[at++]!;
        if (remembered) known.add(i);
        if (result instanceof ClipError) failed[i] = result;
        else if (this.#goesOn(m, i, result, vectors, compared)) next.push(i);
      }
      waiting = next;
    }
    return vectors.map((vector, i) => ({
      result: failed[i] ?? unit(vector),
      ...(known.has(i) ? { remembered: true } : {}),
    }));
  }

  /** Puts a member's part into a picture's vector. True where the next member is to see the picture too. */
  #goesOn(
    m: number,
    i: number,
    part: Embedding,
    vectors: Float32Array[],
    compared: ((image: Embedding) => Comparison) | undefined,
  ): boolean {
    if (this.#plan.kind === "cascade") vectors[i] = new Float32Array(this.model.dim);
    const vector = vectors[i]!;
    for (const [k, x] of part.entries()) vector[this.#starts[m]! + k] = this.#pictureFactors[m]! * x;
    if (this.#plan.kind === "ensemble") return true;
    const threshold = this.#plan.thresholds[m];
    if (threshold === undefined || !compared) return false;
    const largest = compared(unit(vector)).scores.reduce((a, b) => Math.max(a, b), -Infinity);
    return Math.exp(largest) < threshold;
  }

  /** A stream is read once; what can be read again stays as it is. */
  async #rereadable(input: ImageInput): Promise<ImageInput | ClipError> {
    const once = typeof input === "object" && input !== null && Symbol.asyncIterator in input;
    if (!once) return input;
    try {
      const read = await readInput(input, imageOptions(this.#settings.image));
      return read as Uint8Array;
    } catch (error) {
      return asClipError(error, "image.decode");
    }
  }

  async encodeTexts(texts: readonly string[], options: EncodeTextsOptions = {}): Promise<Embedding[]> {
    const { onProgress, ...asked } = options;
    const vectors = texts.map(() => new Float32Array(this.model.dim));
    const count = this.#starts.length;
    const { onWarning } = this.#settings;
    for (const [m, start] of this.#starts.entries()) {
      const member = await this.#members.use(m);
      const parts = await member.encodeTexts(texts, {
        ...(onWarning ? { onWarning } : {}),
        ...asked,
        ...(onProgress
          ? {
              onProgress: ({ done }) =>
                onProgress({ done: Math.floor((m * texts.length + done) / count), total: texts.length }),
            }
          : {}),
      });
      for (const [i, part] of parts.entries()) {
        for (const [k, x] of part.entries()) vectors[i]![start + k] = this.#labelFactors[m]! * x;
      }
    }
    return vectors.map(unit);
  }

  /** A picture's parts and the labels' → logarithms of the members' probabilities together. */
  async comparing(labels: LabelVectors): Promise<(image: Embedding) => Comparison> {
    const calibrations: AppliedCalibration["calibration"][] = [];
    for (const m of this.#starts.keys()) {
      const scale = this.#plan.scales?.[m];
      calibrations.push(
        scale === undefined
          ? (await (await this.#members.use(m)).calibrationFor(labels)).calibration
          : { method: "temperature", logitScale: scale },
      );
    }
    const cosines = (image: Embedding, m: number): Float32Array => {
      const start = this.#starts[m]!;
      const end = start + this.#members.models[m]!.dim;
      const factor = this.#pictureFactors[m]! * this.#labelFactors[m]!;
      return Float32Array.from(labels.vectors, (label, at) => {
        let sum = 0;
        for (let k = start; k < end; k++) sum += image[k]! * label[k]!;
        return checkedCosine(sum / factor, labels.labels[at]!);
      });
    };
    const plan = this.#plan;
    if (plan.kind === "cascade") {
      return (image) => {
        const first = image.findIndex((x) => x !== 0);
        const m = this.#starts.findLastIndex((start) => start <= first);
        const similarities = cosines(image, m);
        return {
          scores: logarithms(sharesOf(similarities, calibrations[m]!, labels.labels)),
          similarities,
        };
      };
    }
    return (image) => {
      const parts = calibrations.map((_, m) => cosines(image, m));
      const rows = parts.map((part, m) => sharesOf(part, calibrations[m]!, labels.labels));
      const similarities = labels.labels.map((_, k) =>
        parts.reduce((sum, part, m) => sum + plan.weights[m]! * part[k]!, 0),
      );
      return {
        scores: logarithms(combine(rows, plan.weights, plan.combine)),
        similarities: Float32Array.from(similarities),
      };
    };
  }

  async zeroShotWeights(
    labels: readonly LabelInput[],
    templates: readonly string[] = this.model.templates,
    options: WeightsOptions = {},
  ): Promise<ZeroShotWeights> {
    const key = JSON.stringify([labels, templates, options.templateWeights]);
    const known = this.#sets.get(key);
    if (known) return known;
    const { onWarning } = this.#settings;
    const weights = await zeroShotWeights(this, labels, templates, {
      ...(onWarning ? { onWarning } : {}),
      ...options,
    });
    this.#sets.set(key, weights);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > REMEMBERED_SETS && oldest !== undefined) this.#sets.delete(oldest);
    return weights;
  }

  async calibrationFor(weights: CalibrationTarget): Promise<AppliedCalibration> {
    const { calibrationHome: home, onWarning } = this.#settings;
    const stored = home
      ? await listCalibrations(home, this.model.revision, ({ message }) =>
          onWarning?.({ code: "calibrate.damaged", message }),
        )
      : [];
    const chosen = chooseCalibration(stored, weights);
    const warning = carriedOverWarning(chosen, weights);
    if (warning) onWarning?.(warning);
    const { scales, fittedFor } = this.#plan;
    const plain = appliedCalibration(undefined, weights.labels, { logitScale: this.model.logitScale });
    const own = appliedCalibration(chosen, weights.labels, { logitScale: this.model.logitScale });
    if (own.source === "fitted") return own;
    if (scales && isFor(fittedFor, weights)) return { ...plain, source: "fitted" };
    if (own.source !== "none") return own;
    if (scales) return { ...plain, source: "scale" };
    const sources: AppliedCalibration["source"][] = [];
    for (const m of this.#starts.keys()) {
      sources.push((await (await this.#members.use(m)).calibrationFor(weights)).source);
    }
    const weakest = CALIBRATION_SOURCES.find((source) => sources.includes(source));
    return { ...plain, source: weakest ?? "none" };
  }

  async answerer(weights: ZeroShotWeights, options: AnswerOptions = {}): Promise<Answerer> {
    const { abstainBy = "probability" } = options;
    if (abstainBy !== "probability") {
      throw new ClipError(
        "calibrate.abstain",
        `Expected an ensemble to abstain by probability, which its models have in common, but received ${abstainBy}.`,
      );
    }
    const views = viewsName(options.views, options.viewMode);
    return answerer(weights, await this.calibrationFor({ ...weights, views }), options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#members[Symbol.asyncDispose]();
  }
}

/** True where a plan was fitted with exactly these labels, prompts and views. */
function isFor(fitted: FittedFor | undefined, target: CalibrationTarget): boolean {
  const { labels, prompts, views } = calibrationKeys(target);
  return fitted?.labels === labels && fitted.prompts === prompts && viewsName(fitted.views) === views;
}

/** What is known of models together. */
function infoOf(models: readonly ModelInfo[], plan: Plan, name: string | undefined): ModelInfo {
  const { models: _, fittedFor: _labels, ...facts } = plan;
  const sum = (of: (model: ModelInfo) => number): number => models.reduce((total, one) => total + of(one), 0);
  const precisions = new Set(models.map(({ precision }) => precision));
  return {
    name: name ?? models.map((model) => model.name).join(plan.kind === "cascade" ? " > " : " + "),
    revision: createHash("sha256")
      .update(JSON.stringify([facts, models.map(({ revision }) => revision)]))
      .digest("hex"),
    precision: precisions.size === 1 ? models[0]!.precision : "mixed",
    device: [...new Set(models.map(({ device }) => device))].join("+"),
    dim: sum(({ dim }) => dim),
    logitScale: plan.kind === "ensemble" ? (plan.scale ?? 1) : 1,
    imageSize: Math.max(...models.map(({ imageSize }) => imageSize)),
    contextLength: Math.min(...models.map(({ contextLength }) => contextLength)),
    parameters: { image: sum(({ parameters }) => parameters.image), text: sum((one) => one.parameters.text) },
    templates: [...new Set(models.flatMap(({ templates }) => templates))],
  };
}
