import type { FindOptions } from "../find-model.js";
import type { ModelManifest } from "../models/manifest.js";
import type { AlignFigures, AlignOptions } from "./align.js";
import type { TextPair } from "./pairs.js";

export interface AlignLanguageOptions extends Omit<FindOptions, "signal" | "onProgress">, AlignOptions {
  /** Folder of the new model, which may not be there yet. */
  readonly out: string;
}

export interface AlignedModel {
  readonly model: ModelManifest;
  readonly figures: AlignFigures;
}

/**
 * Teaches a model's text side a language of another script from parallel text (a file as `readPairs` takes it, or pairs) and writes it
 * as a folder that `loadClip` opens: texts in that script are read by a small tower of their own. Raises `align.*`, `usage.align`,
 * `model.*`, `aborted`.
 */
export async function alignLanguage(
  model: string,
  pairs: string | readonly TextPair[],
  options: AlignLanguageOptions,
): Promise<AlignedModel> {
  const { alignModel } = await import("./align-model.js");
  return alignModel(model, pairs, options);
}
