import type { ClipError } from "./errors.js";
import type { Views } from "./image/preprocess.js";
import type { ImageInput } from "./image/sources.js";
import type { Embedding } from "./math/unit.js";

/** What is known of a loaded model. */
export interface ModelInfo {
  readonly name: string;
  /** SHA-256 over weights, compiler version and precision: vectors of equal revision may be compared. */
  readonly revision: string;
  readonly precision: "fp32" | "fp16" | "int8";
  /** Where it runs, as ONNX Runtime names it. */
  readonly device: string;
  /** Length of an embedding. */
  readonly dim: number;
  /** Multiplier of the cosine before softmax. */
  readonly logitScale: number;
  /** Side of the square that the image tower reads, pixels. */
  readonly imageSize: number;
  /** Most tokens of a text, start and end included. */
  readonly contextLength: number;
  readonly parameters: { readonly image: number; readonly text: number };
  /** Prompt templates used when none is given. */
  readonly templates: readonly string[];
  readonly knownScripts?: readonly string[];
}

/** Something worth a human's eye that is no error. */
export interface Warning {
  readonly code:
    | "text.truncated"
    | "text.unknown-script"
    | "text.unknown-word"
    | "model.rebuilt"
    | "download.retry"
    | "quantize.picture";
  readonly message: string;
}

/** How far a long call is. */
export interface EncodeProgress {
  readonly done: number;
  /** Absent while the number is not known (streams). */
  readonly total?: number;
}

export interface EncodeImagesOptions {
  /** Pictures a run of the tower; 1..256. Default 8. */
  readonly batchSize?: number;
  /** Squares of a picture that are encoded; their unit vectors are averaged. Default `center`. */
  readonly views?: Views;
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
}

/** One picture of a stream: its embedding or what was wrong with it. */
export interface EncodedImage {
  /** Path or position of the input, for messages. */
  readonly id: string;
  readonly result: Embedding | ClipError;
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
}
