import type { ClipError } from "./errors.js";
import type { FactsOptions, PictureFacts } from "./image/facts-with.js";
import type { ImageInput } from "./image/input.js";
import type { Views } from "./image/views.js";
import type { Scoring } from "./math/scoring.js";
import type { Embedding } from "./math/unit.js";

/** What is known of a loaded model. */
export interface ModelInfo {
  readonly name: string;
  /** SHA-256 over weights, compiler version and precision: vectors of equal revision may be compared. */
  readonly revision: string;
  /** `mixed`: several models together that differ in it. */
  readonly precision: "fp32" | "fp16" | "int8" | "mixed";
  /** Where it runs, as ONNX Runtime names it. */
  readonly device: string;
  /** Length of an embedding. */
  readonly dim: number;
  /** Shorter lengths that an embedding may be cut to, and brought back to length 1; absent: none. */
  readonly shorterDims?: readonly number[];
  /** Multiplier of the cosine before softmax. */
  readonly logitScale: number;
  /** The multiplier whose probabilities fitted labelled sets best, where that was measured. */
  readonly measuredLogitScale?: number;
  /** How cosines become probabilities; absent: softmax over the labels of a call. */
  readonly scoring?: Scoring;
  /** Side of the square that the image tower reads, pixels. */
  readonly imageSize: number;
  /** Most tokens of a text, start and end included. */
  readonly contextLength: number;
  readonly parameters: { readonly image: number; readonly text: number };
  /** Prompt templates used when none is given. */
  readonly templates: readonly string[];
  readonly knownScripts?: readonly string[];
  /** Languages that texts may be in (`en`, `zh`, …; `mul`: a hundred and more), where that is known. */
  readonly languages?: readonly string[];
}

/** Something worth a human's eye that is no error. */
export interface Warning {
  readonly code:
    | "text.truncated"
    | "text.unknown-language"
    | "text.unknown-script"
    | "text.unknown-word"
    | "labels.alias"
    | "labels.case"
    | "labels.none"
    | "labels.prompt"
    | "labels.translation"
    | "labels.same"
    | "model.rebuilt"
    | "runtime.device"
    | "runtime.fp32"
    | "runtime.threads"
    | "calibrate.damaged"
    | "calibrate.prompts"
    | "calibrate.views"
    | "download.retry"
    | "evaluate.empty-class"
    | "evaluate.twice"
    | "evaluate.wordnet"
    | "fewshot.twice"
    | "fewshot.words"
    | "fewshot.labels"
    | "fewshot.shots"
    | "quantize.picture"
    | "quantize.little";
  readonly message: string;
  /** How many texts or labels it is of, where they were counted. */
  readonly count?: number;
}

/** What loading is doing. Bytes where work is measured in bytes. */
export interface LoadProgress {
  readonly stage: "download" | "hash" | "compile" | "open";
  readonly file?: string;
  readonly done: number;
  readonly total?: number;
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number;
}

/** How far a long call is. */
export interface EncodeProgress {
  readonly done: number;
  /** Absent while the number is not known (streams). */
  readonly total?: number;
}

/** A number, or what was measured to be fastest on this machine. */
export type BatchSize = number | "auto";

export interface EncodeImagesOptions {
  /**
   * Pictures a run of the tower; 1..256. Default 8. `auto`: measured for a second when it is first asked for, remembered
   * under `home` for this model, device and machine.
   */
  readonly batchSize?: BatchSize;
  /** Squares of a picture that are encoded; their unit vectors are averaged. Default `center`. */
  readonly views?: Views;
  /** Also the vector of each square, for `bestView`. */
  readonly eachView?: boolean;
  /** Given (`{}` is enough): also what is known of each picture beside its vector, read where it is decoded anyway. */
  readonly facts?: FactsOptions;
  /** What the pictures will be compared with: a cascade decides by it which of them its next model sees. */
  readonly labels?: LabelVectors;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
}

export interface EncodeTextsOptions {
  /** `true` (default): over-long text is cut, keeping the end token, with a warning; `false`: it is an error. */
  readonly truncate?: boolean;
  /** Texts a run of the tower; 1..1024. Default: as many as make about 1,536 tokens. */
  readonly batchSize?: number;
  /** What each text is called in warnings: the label, where the text is a prompt. Default: the text itself. */
  readonly names?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EncodeProgress) => void;
  readonly onWarning?: (warning: Warning) => void;
  /** Told how many tokens each text has, start and end included, before any is computed. */
  readonly onTokens?: (counts: readonly number[]) => void;
  /** Told the positions of texts that are not read as they are written: those that warnings are given for. */
  readonly onStrange?: (positions: readonly number[]) => void;
}

/** Labels and their unit vectors. */
export interface LabelVectors {
  readonly labels: readonly string[];
  /** [labels] of f32 [dim] */
  readonly vectors: readonly Embedding[];
  /** What they were made of, as zero-shot weights say it: a calibration made with other prompts does not hold for them. */
  readonly templates?: readonly string[];
  readonly templateWeights?: readonly number[];
  readonly made?: readonly string[];
}

/** How one picture and each label go together, [labels] each. */
export interface Comparison {
  /** What becomes probabilities, times the logit scale: cosines, of an ensemble logarithms of its probabilities. */
  readonly scores: Float32Array;
  /** −1..1; of an ensemble the mean of its members'. */
  readonly similarities: Float32Array;
}

/** One picture of a stream: its embedding or what was wrong with it. */
export interface EncodedImage {
  /** Path or position of the input, for messages. */
  readonly id: string;
  readonly result: Embedding | ClipError;
  /** With `eachView`: of each square, the centre first. */
  readonly views?: readonly Embedding[];
  /** With `facts`, of one model: an ensemble gives none. */
  readonly facts?: PictureFacts;
  /** True where it came from the cache of pictures: the time that it took says nothing of the model. */
  readonly remembered?: true;
}

/** Pictures and words → vectors in one space. All that zero-shot, search and evaluation need of a model. */
export interface Encoder {
  readonly model: ModelInfo;
  /** One result an input, in order: an embedding, or the error of that input alone. */
  encodeImages(
    inputs: readonly ImageInput[],
    options?: EncodeImagesOptions,
  ): Promise<(Embedding | ClipError)[]>;
  /** The same for inputs without end; memory stays flat, the next batch is decoded while one is computed. */
  encodeImageStream(
    inputs: AsyncIterable<ImageInput> | Iterable<ImageInput>,
    options?: EncodeImagesOptions,
  ): AsyncGenerator<EncodedImage>;
  /** One embedding a text, in order. Raises `text.too-long` where `truncate` is false. */
  encodeTexts(texts: readonly string[], options?: EncodeTextsOptions): Promise<Embedding[]>;
  /** Where it is more than a cosine (ensembles): labels → how a picture is compared with them. */
  comparing?(labels: LabelVectors): Promise<(image: Embedding) => Comparison>;
  /** True where pictures can't be encoded without `labels`: each set of them has its own vectors. */
  readonly needsLabels?: boolean;
}
