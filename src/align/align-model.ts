import { loadClip } from "../clip.js";
import { findModel } from "../find-model.js";
import { checkNew } from "../models/derived-folder.js";
import { planModel } from "../models/open.js";
import { alignTexts } from "./align.js";
import type { AlignedModel, AlignLanguageOptions } from "./aligned-model.js";
import { readPairs, type TextPair } from "./pairs.js";
import { checkModel, writeAligned } from "./write.js";

/** Documented in `door.ts`. */
export async function alignModel(
  model: string,
  given: string | readonly TextPair[],
  options: AlignLanguageOptions,
): Promise<AlignedModel> {
  const { out, tokens, width, ridge, seed, onProgress, ...find } = options;
  await checkNew(out, "align.out");
  const pairs = typeof given === "string" ? await readPairs(given) : given;
  const { path, options: open } = await findModel(model, find);
  await using plan = await planModel(path, open);
  checkModel(plan.manifest);
  await using clip = await loadClip(model, find);
  const aligned = await alignTexts(clip, pairs, {
    ...(tokens === undefined ? {} : { tokens }),
    ...(width === undefined ? {} : { width }),
    ...(ridge === undefined ? {} : { ridge }),
    ...(seed === undefined ? {} : { seed }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const { figures } = aligned;
  return { model: await writeAligned(out, plan, aligned, options.signal), figures };
}
