import type { Clip } from "../clip.js";
import type { FailedImage } from "../evaluate/collect.js";
import type { LabelledSet } from "../evaluate/data/labelled-set.js";
import { openSet } from "../evaluate/door.js";
import type { Adapter } from "./adapter.js";
import type { CollectOptions } from "./fewshot.js";
import type { FitProgress } from "./fit.js";
import type { MethodName } from "./methods/method.js";

export interface FewshotOptions extends CollectOptions {
  /** Default `auto`: the best on held-out pictures of zero-shot, prototypes, Tip-Adapter, Tip-Adapter-F and the linear probe. */
  readonly method?: MethodName | "auto";
  readonly onFit?: (progress: FitProgress) => void;
}

export interface Learnt {
  readonly adapter: Adapter;
  readonly failed: readonly FailedImage[];
}

/**
 * Labelled pictures (a folder, list or archive as `openSet` takes it) → an adapter of a model, in seconds: for `withAdapter`.
 * Labels without pictures are known by their words. The same pictures and seed give the same bytes. Raises `evaluate.*`,
 * `fewshot.shots`, `usage.fewshot`, `aborted`.
 */
export async function fewshot(
  clip: Clip,
  pictures: string | LabelledSet,
  { method, onFit, ...options }: FewshotOptions = {},
): Promise<Learnt> {
  const { signal, seed } = options;
  // Loaded when called: most programs train nothing.
  const { collectShots, fitAdapter } = await import("./fewshot.js");
  const set =
    typeof pictures === "string" ? await openSet(pictures, pictures, signal ? { signal } : {}) : pictures;
  const { shots, templates, failed } = await collectShots(clip, set, options);
  const adapter = await fitAdapter(clip, shots, templates, {
    ...(method === undefined ? {} : { method }),
    ...(seed === undefined ? {} : { seed }),
    ...(signal ? { signal } : {}),
    ...(onFit ? { onProgress: onFit } : {}),
  });
  return { adapter, failed };
}
