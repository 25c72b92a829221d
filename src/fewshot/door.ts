import type { Clip } from "../clip.js";
import type { Warning } from "../encoder.js";
import type { FailedImage } from "../evaluate/collect.js";
import type { LabelledSet } from "../evaluate/data/labelled-set.js";
import { openSet } from "../evaluate/door.js";
import type { ImageInput } from "../image/sources.js";
import type { Adapter } from "./adapter.js";
import type { CollectOptions } from "./fewshot.js";
import type { FitProgress } from "./fit.js";
import type { MethodName } from "./methods/method.js";

export interface FewshotOptions extends CollectOptions {
  /** Default `auto`: the best on held-out pictures, the words alone among them. */
  readonly method?: MethodName | "auto";
  /** Pictures whose labels nobody knows, at most 20,000: `transductive` and `prior-matching` learn from them. */
  readonly unlabelled?: readonly ImageInput[];
  readonly onFit?: (progress: FitProgress) => void;
  /** Told of pictures that are there twice (`fewshot.twice`), or under two labels (`fewshot.labels`): each counts once, for the first. */
  readonly onWarning?: (warning: Warning) => void;
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
  { method, onFit, unlabelled, onWarning, ...options }: FewshotOptions = {},
): Promise<Learnt> {
  const { signal, seed } = options;
  // Loaded when called: most programs train nothing.
  const [{ collectPictures, collectShots, fitAdapter }, { onceEach }] = await Promise.all([
    import("./fewshot.js"),
    import("./once.js"),
  ]);
  const set =
    typeof pictures === "string" ? await openSet(pictures, pictures, signal ? { signal } : {}) : pictures;
  const { shots: collected, templates, names, failed } = await collectShots(clip, set, options);
  const shots = onceEach(collected, { names, onWarning });
  const others =
    unlabelled &&
    (await collectPictures(
      clip,
      unlabelled.map((one, i) => ({ name: typeof one === "string" ? one : `#${i}`, open: () => one })),
      signal ? { signal } : {},
    ));
  const all = others ? { ...shots, unlabelled: others.features } : shots;
  const adapter = await fitAdapter(clip, all, templates, {
    ...(method === undefined ? {} : { method }),
    ...(seed === undefined ? {} : { seed }),
    ...(signal ? { signal } : {}),
    ...(onFit ? { onProgress: onFit } : {}),
  });
  return { adapter, failed: [...failed, ...(others?.failed ?? [])] };
}
