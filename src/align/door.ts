import type { AlignedModel, AlignLanguageOptions } from "./aligned-model.js";
import type { TextPair } from "./pairs.js";

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
