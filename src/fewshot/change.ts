import type { Clip } from "../clip.js";
import { ClipError } from "../errors.js";
import { zeroShotWeights } from "../zeroshot/weights.js";
import type { Adapter } from "./adapter.js";
import { checkBelongs } from "./belongs.js";
import { fitAdapter } from "./fewshot.js";
import type { FitOptions } from "./fit.js";
import { type OnceOptions, onceEach } from "./once.js";
import type { Shots } from "./shots.js";

export type ChangeOptions = Pick<FitOptions, "signal" | "onProgress">;

/**
 * More labelled vectors, of known or new labels → the adapter trained anew. Pictures that it has already count once, under their
 * label there. Raises `fewshot.model`, `fewshot.shots`, `aborted`.
 */
export async function addShots(
  clip: Clip,
  adapter: Adapter,
  more: Shots,
  { names, onWarning, ...options }: ChangeOptions & Omit<OnceOptions, "known"> = {},
): Promise<Adapter> {
  const named = [...new Set([...adapter.labels, ...more.labels])];
  const at = new Map(named.map((label, i) => [label, i]));
  const given = Array.from(more.truth, (label) => at.get(more.labels[label]!)!);
  const all = onceEach(
    {
      ...more,
      labels: named,
      features: [...adapter.features, ...more.features],
      truth: Int32Array.from([...adapter.truth, ...given]),
    },
    { known: adapter.features.length, ...(names ? { names } : {}), onWarning },
  );
  // A new label whose pictures are all another's already is not taken: it would come without a picture.
  const kept = new Set(all.truth);
  const labels = named.filter((_, i) => i < adapter.labels.length || kept.has(i) || !given.includes(i));
  const truth = Array.from(all.truth, (label) => labels.indexOf(named[label]!));
  return again(clip, adapter, labels, all.features, truth, options);
}

/** Without some labels and their pictures. Raises `fewshot.labels` for a label that there is not, and what `addShots` does. */
export async function removeLabels(
  clip: Clip,
  adapter: Adapter,
  gone: readonly string[],
  options: ChangeOptions = {},
): Promise<Adapter> {
  checkLabels(adapter, gone);
  const labels = adapter.labels.filter((label) => !gone.includes(label));
  const kept = [...adapter.truth.keys()].filter((i) => labels.includes(adapter.labels[adapter.truth[i]!]!));
  return again(
    clip,
    adapter,
    labels,
    kept.map((i) => adapter.features[i]!),
    kept.map((i) => labels.indexOf(adapter.labels[adapter.truth[i]!]!)),
    options,
  );
}

/** Raises `fewshot.labels` for a label that the adapter does not have. */
export function checkLabels({ labels }: Adapter, asked: readonly string[]): void {
  const unknown = asked.find((label) => !labels.includes(label));
  if (unknown === undefined) return;
  const some = `${labels.slice(0, 8).join(", ")}${labels.length > 8 ? ", …" : ""}`;
  throw new ClipError(
    "fewshot.labels",
    `Expected labels of the adapter (${some}) but received ${JSON.stringify(unknown)}.`,
  );
}

async function again(
  clip: Clip,
  adapter: Adapter,
  labels: readonly string[],
  features: Adapter["features"],
  truth: readonly number[],
  options: ChangeOptions,
): Promise<Adapter> {
  checkBelongs(clip, adapter);
  const { signal } = options;
  const { vectors } = await zeroShotWeights(clip, labels, adapter.templates, signal ? { signal } : {});
  const { logitScale } = clip.model;
  const { unlabelled } = adapter;
  const shots: Shots = {
    ...{ labels, texts: vectors, features, truth: Int32Array.from(truth), logitScale },
    ...(unlabelled ? { unlabelled } : {}),
  };
  return fitAdapter(clip, shots, adapter.templates, {
    ...options,
    method: adapter.asked,
    seed: adapter.seed,
  });
}
