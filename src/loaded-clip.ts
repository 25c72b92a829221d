import { Answering, type Clip } from "./answering.js";
import { encodeImages, type ImageSide } from "./encode/images.js";
import { type LabelVectorCache, rememberedLabels } from "./encode/label-cache.js";
import { encodeRouted, type ScriptPart, type TextPart } from "./encode/text-routes.js";
import type { TextSide } from "./encode/texts.js";
import type {
  EncodedImage,
  EncodeImagesOptions,
  Encoder,
  EncodeTextsOptions,
  ModelInfo,
  Warning,
} from "./encoder.js";
import type { ImageInput } from "./image/input.js";
import type { Embedding } from "./math/unit.js";
import type { ModelManifest } from "./models/manifest.js";
import { allTowers, type Towers } from "./models/tower.js";
import type { Tokenizer } from "./text/tokenizer.js";
import { negativeWeights } from "./zeroshot/confidence/abstain.js";
import {
  type Answerer,
  type AnswerOptions,
  type AppliedCalibration,
  answerer,
} from "./zeroshot/confidence/answer.js";
import type { CalibrationTarget } from "./zeroshot/confidence/target.js";
import { type LabelInput, promptsOf, recipeOf } from "./zeroshot/prompts.js";
import { viewsName } from "./zeroshot/views.js";
import {
  completeWeights,
  type EncodedForms,
  encodeForms,
  knownVectors,
  PROMPTS_AT_ONCE,
  planWeights,
  type WeightsOptions,
  type WeightsPlan,
  type ZeroShotWeights,
} from "./zeroshot/weights.js";

/** A model and all that a platform gives it. */
export interface ClipParts {
  readonly manifest: ModelManifest;
  /** Where it runs, as ONNX Runtime names it. */
  readonly device: string;
  readonly towers: Towers;
  readonly image: ImageSide;
  readonly text: TextPart;
  /** Text towers for scripts of their own. */
  readonly textByScript: readonly ScriptPart[];
  /** Vectors of labels that were computed before. */
  readonly labels?: LabelVectorCache | undefined;
  /** What to begin beside the opening of a tower; absent: opening on this thread would hold what is to be done beside it. */
  readonly warm?: ((tower: "image" | "text") => void) | undefined;
  calibrationFor(target: CalibrationTarget): Promise<AppliedCalibration>;
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  /** Closes all that it holds beside the towers. */
  close(): Promise<void>;
}

/** A manifest as callers see it. */
export function modelInfo(manifest: ModelManifest, device: string): ModelInfo {
  const { name, revision, precision, dim, logitScale, measuredLogitScale } = manifest;
  const { parameters, templates, knownScripts, languages, scoring, shorterDims } = manifest;
  const { tokenizer } = manifest.text;
  return {
    name,
    revision,
    precision,
    device,
    dim,
    ...(shorterDims ? { shorterDims } : {}),
    logitScale,
    ...(measuredLogitScale === undefined ? {} : { measuredLogitScale }),
    ...(scoring ? { scoring } : {}),
    imageSize: manifest.image.preprocessing.size,
    contextLength: tokenizer.kind === "clip-bpe" ? tokenizer.contextLength : tokenizer.maxLength,
    parameters,
    templates,
    ...(knownScripts ? { knownScripts } : {}),
    ...(languages ? { languages } : {}),
  };
}

/** Label sets whose weights are remembered: a program alternates between a few. */
const REMEMBERED_SETS = 8;

/** Weights of the last few label sets. */
export class WeightSets {
  readonly #sets = new Map<string, ZeroShotWeights>();

  /** Those that were made of the same, else `make`'s. */
  async get(key: string, make: () => Promise<ZeroShotWeights>): Promise<ZeroShotWeights> {
    const known = this.#sets.get(key);
    if (known) return known;
    const weights = await make();
    this.#sets.set(key, weights);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > REMEMBERED_SETS && oldest !== undefined) this.#sets.delete(oldest);
    return weights;
  }

  all(): ZeroShotWeights[] {
    return [...this.#sets.values()];
  }
}

/** Vectors of a plan's labels from the set that has most of them. */
function mostKnown(sets: readonly ZeroShotWeights[], plan: WeightsPlan): (Embedding | undefined)[] {
  let best: (Embedding | undefined)[] = plan.forms.map(() => undefined);
  let most = 0;
  for (const set of sets) {
    const known = knownVectors(set, plan);
    const count = known.filter((vector) => vector !== undefined).length;
    if (count > most) [best, most] = [known, count];
  }
  return best;
}

/** A model that is open, or will be when it is first used, on any platform. */
export class LoadedClip extends Answering implements Clip {
  readonly model: ModelInfo;
  readonly #parts: ClipParts;
  readonly #sets = new WeightSets();
  /** By the text tower: those that were asked for. */
  readonly #tokenizers = new Map<TextPart, Promise<Tokenizer>>();

  constructor(parts: ClipParts) {
    super();
    this.#parts = parts;
    this.model = modelInfo(parts.manifest, parts.device);
  }

  encodeImageStream(
    inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
    options?: EncodeImagesOptions,
  ): AsyncGenerator<EncodedImage> {
    this.#warm("image");
    return encodeImages(this.#parts.image, inputs, options);
  }

  /** Begins to open a tower that will be needed, unless what is remembered may do instead. */
  #warm(tower: "image" | "text"): void {
    const { cache } = this.#parts[tower];
    if (!this.#parts.warm || cache) return;
    this.#parts.towers[tower].warm();
    this.#parts.warm(tower);
  }

  encodeTexts(texts: readonly string[], options?: EncodeTextsOptions): Promise<Embedding[]> {
    return this.#encodeTexts(texts, options, true);
  }

  async #encodeTexts(
    texts: readonly string[],
    options: EncodeTextsOptions | undefined,
    remembers: boolean,
  ): Promise<Embedding[]> {
    const { onWarning, text, textByScript } = this.#parts;
    const sideOf = async (part: TextPart): Promise<TextSide> => {
      if (part === text) this.#warm("text");
      const opening = this.#tokenizers.get(part) ?? part.openTokenizer();
      this.#tokenizers.set(part, opening);
      const side = { ...part, tokenizer: await opening };
      return remembers ? side : { ...side, cache: undefined };
    };
    const asked = { ...(onWarning ? { onWarning } : {}), ...options };
    return encodeRouted(texts, () => sideOf(text), textByScript, sideOf, asked);
  }

  async zeroShotWeights(
    labels: readonly LabelInput[],
    templates: readonly string[] = this.model.templates,
    options: WeightsOptions = {},
  ): Promise<ZeroShotWeights> {
    // Weights are for pictures; but where labels may be remembered, a thread would only hinder their reading.
    if (!this.#parts.labels) this.#warm("image");
    const key = JSON.stringify([labels, templates, options.templateWeights]);
    return this.#sets.get(key, () => this.#computeWeights(labels, templates, options));
  }

  async #computeWeights(
    labels: readonly LabelInput[],
    templates: readonly string[],
    options: WeightsOptions,
  ): Promise<ZeroShotWeights> {
    const told = options.onWarning ?? this.#parts.onWarning;
    const asked: WeightsOptions = told ? { ...options, onWarning: told } : options;
    const plan = planWeights(labels, templates, asked);
    const cache = this.#parts.labels;
    return completeWeights(
      plan,
      mostKnown(this.#sets.all(), plan),
      async (missing) => {
        if (!cache) return encodeForms(this, missing, plan.templates, asked);
        const keys = cache.keysOf(missing, recipeOf(plan));
        return rememberedLabels(cache, keys, async (positions, keep) => {
          this.#warm("image");
          if (this.#parts.warm) this.#parts.towers.text.warm();
          // The features of so many prompts would push everything else out of the cache of texts.
          const prompts = positions.map((i) => promptsOf(missing[i]!, plan.templates, plan.templateWeights));
          const many = prompts.reduce((sum, { length }) => sum + length, 0) > PROMPTS_AT_ONCE;
          const encodeTexts: Encoder["encodeTexts"] = (texts, how) => this.#encodeTexts(texts, how, !many);
          const forms = positions.map((i) => missing[i]!);
          const onLabels = async ({ first, vectors, strange }: EncodedForms): Promise<void> => {
            for (const [at, vector] of vectors.entries())
              if (!strange.has(first + at)) await keep(first + at, vector);
          };
          return encodeForms({ encodeTexts }, forms, plan.templates, { ...asked, onLabels });
        });
      },
      told,
    );
  }

  async answerer(weights: ZeroShotWeights, options: AnswerOptions = {}): Promise<Answerer> {
    const applied = await this.calibrationFor({
      ...weights,
      views: viewsName(options.views, options.viewMode),
    });
    const negatives =
      options.abstainBy === "negative"
        ? await negativeWeights(weights, (words) => {
            const { templates, templateWeights } = weights;
            return this.zeroShotWeights(words, templates, templateWeights ? { templateWeights } : {});
          })
        : undefined;
    return answerer(weights, applied, options, negatives);
  }

  calibrationFor(weights: CalibrationTarget): Promise<AppliedCalibration> {
    return this.#parts.calibrationFor(weights);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { towers } = this.#parts;
    await Promise.all([
      ...allTowers(towers).map((tower) => tower[Symbol.asyncDispose]()),
      this.#parts.close(),
    ]);
  }
}
