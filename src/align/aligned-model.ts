import type { FindOptions } from "../find-model.js";
import type { ModelManifest } from "../models/manifest.js";
import type { AlignFigures, AlignOptions } from "./align.js";

export interface AlignLanguageOptions extends Omit<FindOptions, "signal" | "onProgress">, AlignOptions {
  /** Folder of the new model, which may not be there yet. */
  readonly out: string;
}

export interface AlignedModel {
  readonly model: ModelManifest;
  readonly figures: AlignFigures;
}
