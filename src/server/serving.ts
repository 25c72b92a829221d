import type { Clip } from "../clip.js";
import type { EncodedImage, Warning } from "../encoder.js";
import { ClipError } from "../errors.js";
import type { Adapter } from "../fewshot/adapter.js";
import { type AdaptedClip, withAdapter } from "../fewshot/clip.js";
import type { ImageInput } from "../image/sources.js";
import type { Views } from "../image/views.js";
import type { Embedding } from "../math/unit.js";
import type { Answerer, AnswerOptions } from "../zeroshot/confidence/answer.js";
import type { SetLabel } from "../zeroshot/label.js";
import type { ZeroShotWeights } from "../zeroshot/weights.js";
import { HeldWeights } from "./held-weights.js";
import { type Asker, Batcher, type RunFigures } from "./queue/batcher.js";
import { Builds } from "./queue/builds.js";
import { LIMITS } from "./wire/limits.js";

/** How requests are gathered; all have their reasons in docs/server.md. */
export interface QueueOptions {
  readonly maxBatch: number;
  readonly maxWaitMs: number;
  readonly maxRunMs: number;
  readonly maxQueueMs: number;
  readonly maxQueueBytes: number;
}

/** A text and how many tokens it has. */
export interface EncodedText {
  readonly vector: Embedding;
  readonly tokens: number;
}

/** Pictures of one kind: what is made of them. */
export interface PictureKind {
  readonly views: Views;
  /** Also the vector of each square. */
  readonly eachView: boolean;
  /** Where pictures can't be encoded without their labels. */
  readonly weights?: ZeroShotWeights;
}

/** Texts a run: 1,024 are 12,000 tokens, half a second of a large tower. */
const MOST_TEXTS = 256;

/** A loaded model, its queues, and the weights that it holds. */
export class Serving implements AsyncDisposable {
  readonly images: Batcher<ImageInput, EncodedImage>;
  readonly texts: Batcher<string, EncodedText>;
  readonly #builds: Builds<ZeroShotWeights>;
  readonly #weights = new HeldWeights();
  /** What was to be said of labels when their weights were made. */
  readonly #warnings = new WeakMap<ZeroShotWeights, readonly Warning[]>();
  /** Kinds of the pictures that wait or are computed, and how many requests they are of. */
  readonly #kinds = new Map<string, { readonly kind: PictureKind; requests: number }>();
  readonly #adapted = new WeakMap<Adapter, AdaptedClip>();
  /** Who made weights: who is to answer by them. */
  readonly #makers = new WeakMap<ZeroShotWeights, Clip>();

  /** Raises `fewshot.model` for an adapter of another model. */
  constructor(
    readonly clip: Clip,
    options: QueueOptions,
    onRun: (tower: "image" | "text", figures: RunFigures) => void = () => {},
    readonly adapter?: Adapter,
  ) {
    if (adapter) this.#adaptedBy(adapter);
    this.#builds = new Builds(options.maxQueueMs);
    this.images = new Batcher({
      ...options,
      run: (pictures, kind) => this.#encodeImages(pictures, this.#kinds.get(kind)!.kind),
      bytesOf: heldBytes,
      onRun: (figures) => onRun("image", figures),
    });
    this.texts = new Batcher({
      ...options,
      maxBatch: MOST_TEXTS,
      run: (texts) => this.#encodeTexts(texts),
      bytesOf: (text) => 2 * text.length,
      onRun: (figures) => onRun("text", figures),
    });
  }

  /** Pictures → vectors or errors, in order, in runs shared with other requests. */
  async encodeImages(
    pictures: readonly ImageInput[],
    kind: PictureKind,
    asker: Asker,
  ): Promise<(EncodedImage | ClipError)[]> {
    const { views, eachView, weights } = kind;
    const key = JSON.stringify([views, eachView, weights?.labels, weights?.made, weights?.templates]);
    const used = this.#kinds.get(key) ?? { kind, requests: 0 };
    used.requests += 1;
    this.#kinds.set(key, used);
    try {
      return await this.images.submit(pictures, key, asker);
    } finally {
      used.requests -= 1;
      if (used.requests === 0) this.#kinds.delete(key);
    }
  }

  /** Raises `usage.request` for more signs than a request may have. */
  async encodeTexts(texts: readonly string[], asker: Asker): Promise<(EncodedText | ClipError)[]> {
    const signs = texts.reduce((sum, text) => sum + text.length, 0);
    if (signs > LIMITS.allTexts)
      throw new ClipError(
        "usage.request",
        `Expected at most ${LIMITS.allTexts} signs of text a request but received ${signs}.`,
      );
    return this.texts.submit(texts, "", asker);
  }

  /** The model as it answers where nothing else is said: with its adapter, if it has one. */
  get answering(): Clip {
    return this.adapter ? this.#adaptedBy(this.adapter) : this.clip;
  }

  #adaptedBy(adapter: Adapter): AdaptedClip {
    const known = this.#adapted.get(adapter) ?? withAdapter(this.clip, adapter);
    this.#adapted.set(adapter, known);
    return known;
  }

  /**
   * Labels → weights, computed once for as long as they are asked for, which answer by an adapter where there is one. `key`:
   * equal for equal labels and templates. Raises `server.busy`, `labels.*`, `aborted`.
   */
  async weights(
    key: string,
    labels: readonly SetLabel[],
    templates: readonly string[] | undefined,
    asker: Asker,
    adapter = this.adapter,
  ): Promise<ZeroShotWeights> {
    const used = templates ?? adapter?.templates;
    const plain = await this.#plain(used === templates ? key : `${key} ${used}`, labels, used, asker);
    if (!adapter) return plain;
    const clip = this.#adaptedBy(adapter);
    const weights = await clip.adapt(plain);
    this.#warnings.set(weights, this.warningsOf(plain));
    this.#makers.set(weights, clip);
    return weights;
  }

  async #plain(
    key: string,
    labels: readonly SetLabel[],
    templates: readonly string[] | undefined,
    asker: Asker,
  ): Promise<ZeroShotWeights> {
    const known = this.#weights.get(key);
    const prompts = labels.length * (templates?.length ?? this.clip.model.templates.length);
    const weights =
      known ??
      (await this.#builds.get(key, prompts, asker, async (signal, told) => {
        const warnings: Warning[] = [];
        const made = await this.clip.zeroShotWeights(labels, templates, {
          signal,
          onProgress: ({ done, total = done }) => told(done, total),
          onWarning: (warning) => warnings.push(warning),
        });
        if (!this.#warnings.has(made)) this.#warnings.set(made, warnings);
        return made;
      }));
    if (!known) this.#weights.set(key, weights);
    return weights;
  }

  /** What is to be said of these labels: scripts and languages that the model does not know, and the like. */
  warningsOf(weights: ZeroShotWeights): readonly Warning[] {
    return this.#warnings.get(weights) ?? [];
  }

  /** What answers for pictures of these labels. */
  answerer(weights: ZeroShotWeights, options: AnswerOptions): Promise<Answerer> {
    return (this.#makers.get(weights) ?? this.clip).answerer(weights, options);
  }

  async #encodeImages(
    pictures: readonly ImageInput[],
    { views, eachView, weights }: PictureKind,
  ): Promise<(EncodedImage | ClipError)[]> {
    const found: (EncodedImage | ClipError)[] = [];
    const stream = this.clip.encodeImageStream(pictures, {
      batchSize: pictures.length,
      views,
      eachView,
      ...(weights ? { labels: weights } : {}),
    });
    for await (const one of stream) found.push(one.result instanceof ClipError ? one.result : one);
    return found;
  }

  async #encodeTexts(texts: readonly string[]): Promise<EncodedText[]> {
    let counts: readonly number[] = [];
    const vectors = await this.clip.encodeTexts(texts, {
      onTokens: (found) => {
        counts = found;
      },
    });
    return vectors.map((vector, i) => ({ vector, tokens: counts[i] ?? 0 }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clip[Symbol.asyncDispose]();
  }
}

function heldBytes(picture: ImageInput): number {
  if (picture instanceof Uint8Array || picture instanceof ArrayBuffer) return picture.byteLength;
  if (typeof picture === "object" && "channels" in picture) return picture.data.byteLength;
  return typeof picture === "string" ? 2 * picture.length : 0;
}
