import type {
  EncodedImage,
  EncodeImagesOptions,
  EncodeProgress,
  EncodeTextsOptions,
  LoadProgress,
  ModelInfo,
  Warning,
} from "../encoder.js";
import type { ErrorCode } from "../errors.js";
import type { RawPixels } from "../image/input.js";
import type { ImageOptions } from "../image/options.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import type { WeightsOptions } from "../zeroshot/weights.js";

// What a page and its worker say to each other.

/** Where a model lies, and how it is opened. */
export interface OpenQuestion {
  readonly ask: "open";
  /** Folder of the model; ends with a slash. */
  readonly folder: string;
  /** SHA-256 of its checksums.json, where the caller gave it. */
  readonly sha256: string | undefined;
  /** Folder of ONNX Runtime's files; ends with a slash. */
  readonly files: string;
  readonly device: "auto" | "wasm" | "webgpu";
  readonly threads: number | undefined;
  readonly keep: boolean;
  readonly preload: boolean;
  readonly image: Partial<ImageOptions>;
  /** http(s) addresses that are pictures are fetched. */
  readonly fetches: boolean;
}

/** A picture as it may be sent to another thread. */
export type SentImage = string | Uint8Array | Blob | RawPixels | ImageBitmap;

export type Question =
  | OpenQuestion
  | {
      readonly ask: "images";
      readonly images: readonly SentImage[];
      readonly options: Pick<EncodeImagesOptions, "batchSize" | "views" | "eachView" | "facts">;
    }
  | {
      readonly ask: "texts";
      readonly texts: readonly string[];
      readonly options: Pick<EncodeTextsOptions, "truncate" | "batchSize" | "names">;
    }
  | {
      readonly ask: "weights";
      readonly labels: readonly LabelInput[];
      readonly templates: readonly string[];
      readonly options: Pick<WeightsOptions, "templateWeights">;
    };

/** What is known of an opened model. */
export interface OpenAnswer {
  readonly model: ModelInfo;
  readonly threads: number;
}

/** One picture's result without its name, which the page knows; an error as its code and sentence. */
export type SentResult = Omit<EncodedImage, "id" | "result"> &
  (
    | { readonly result: Float32Array }
    | { readonly error: { readonly code: ErrorCode; readonly message: string } }
  );

/** What a long call tells on its way. */
export type Note =
  | { readonly warning: Warning }
  | { readonly progress: EncodeProgress }
  | { readonly load: LoadProgress }
  | { readonly tokens: readonly number[] }
  | { readonly strange: readonly number[] };
