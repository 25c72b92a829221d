import { ClipError, throwIfAborted } from "../errors.js";
import type { Head } from "./head.js";
import { better, type Judged, judge } from "./judge.js";
import { products } from "./matrix.js";
import { clipAdapter } from "./methods/clip-adapter.js";
import { linearProbe } from "./methods/linear-probe.js";
import {
  type Fitted,
  METHODS,
  type Method,
  type MethodName,
  type Settings,
  UNLABELLED_METHODS,
} from "./methods/method.js";
import { priorMatching } from "./methods/prior-matching.js";
import { prototypes } from "./methods/prototypes.js";
import { tipAdapter } from "./methods/tip-adapter.js";
import { tipAdapterF } from "./methods/tip-adapter-f.js";
import { transductive } from "./methods/transductive.js";
import { zeroShot } from "./methods/zero-shot.js";
import { pickRows } from "./rows.js";
import { fitScale, keptScale } from "./scale.js";
import { fitShift } from "./shift.js";
import { checkShots, countsOf, hasHeldOut, type Shots, seenLabels } from "./shots.js";

const RUN: Readonly<Record<MethodName, Method>> = {
  "zero-shot": zeroShot,
  prototypes,
  "tip-adapter": tipAdapter,
  "tip-adapter-f": tipAdapterF,
  "linear-probe": linearProbe,
  "clip-adapter": clipAdapter,
  "prior-matching": priorMatching,
  transductive,
};

/** Methods that `auto` tries, plain ones first: of equally good ones the plainer is taken. */
const TRIED: readonly MethodName[] = [
  "zero-shot",
  "prior-matching",
  "prototypes",
  "tip-adapter",
  "tip-adapter-f",
  "linear-probe",
  "transductive",
];

/** Methods for what is there. Raises `usage.fewshot` where the one that is asked for lacks its pictures. */
function triedFor(method: MethodName | "auto", { features, unlabelled = [] }: Shots): readonly MethodName[] {
  const free = method !== "auto" && UNLABELLED_METHODS.includes(method);
  if (features.length === 0 && !free)
    throw new ClipError(
      "usage.fewshot",
      `Expected --method ${UNLABELLED_METHODS.join(" or ")} where no picture has a label but received ${method}.`,
    );
  if (free && unlabelled.length === 0)
    throw new ClipError(
      "usage.fewshot",
      `Expected pictures without labels (--unlabelled) for ${method} but received none.`,
    );
  if (method !== "auto") return [method];
  return TRIED.filter((name) => unlabelled.length > 0 || !UNLABELLED_METHODS.includes(name));
}

export interface FitProgress {
  readonly method: MethodName;
  readonly done: number;
  readonly total: number;
}

export interface FitOptions {
  /**
   * Default `auto`: the best of zero-shot, prototypes, Tip-Adapter, Tip-Adapter-F, the linear probe and, with pictures without
   * labels, the methods that learn from them, on held-out pictures.
   */
  readonly method?: MethodName | "auto";
  /** Default 1. The same seed and pictures give the same bytes. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
}

/** How a method did on pictures that it was not trained on. */
export interface HeldOut extends Judged {
  readonly method: MethodName;
  readonly settings: Settings;
}

export interface FittedHead {
  readonly method: MethodName;
  readonly settings: Settings;
  readonly head: Head;
  /** Taken from the logits of labels that have pictures, so that those without are not swallowed. */
  readonly shift: number;
  /** What logits are multiplied with to become probabilities: fitted on held-out pictures. */
  readonly scale: number;
  /** Of each method that was tried, the taken one first; empty where no label has two pictures: then nothing is held out. */
  readonly heldOut: readonly HeldOut[];
}

/** Fitted on pictures that others of their label could answer for; where there are none it is as sure as the words alone. */
async function scaleOf({ head, heldOut }: Fitted, shots: Shots): Promise<number> {
  const width = shots.labels.length;
  const counts = countsOf(shots);
  const fair = [...shots.truth.keys()].filter((i) => counts[shots.truth[i]!]! > 1);
  if (fair.length === 0) return keptScale(head, shots);
  const truth = Int32Array.from(fair, (i) => shots.truth[i]!);
  return fitScale(pickRows(heldOut, width, fair), truth, width);
}

/** Raises `usage.fewshot` for a method that there is not. */
export function checkMethod(method: string): MethodName | "auto" {
  const known = (["auto", ...METHODS] as const).find((name) => name === method);
  if (known !== undefined) return known;
  throw new ClipError(
    "usage.fewshot",
    `Expected a method of auto, ${METHODS.join(", ")} but received ${method}.`,
  );
}

/**
 * Labelled vectors → a head. `auto` takes the method that named most held-out pictures right, zero-shot among them: on those it
 * is never worse. Raises `fewshot.shots`, `usage.fewshot`, `aborted`.
 */
export async function fitHead(shots: Shots, options: FitOptions = {}): Promise<FittedHead> {
  const { method = "auto", seed = 1, signal, onProgress } = options;
  checkMethod(method);
  checkShots(shots);
  const cosines = await products(shots.features, shots.texts);
  const width = shots.labels.length;
  const tried = triedFor(method, shots);
  const found: (Fitted & HeldOut)[] = [];
  for (const name of tried) {
    throwIfAborted(signal);
    const context = {
      ...{ seed, cosines, signal },
      onStep: (done: number, total: number) => onProgress?.({ method: name, done, total }),
    };
    onProgress?.({ method: name, done: 0, total: 1 });
    const fitted = await RUN[name](shots, context);
    found.push({ method: name, ...fitted, ...judge(fitted.heldOut, shots.truth, width) });
  }
  const best = found.reduce((one, other) => (better(other, one) ? other : one));
  const again: (some: Shots) => Promise<Head> = async (some) => {
    const own = await products(some.features, some.texts);
    return (await RUN[best.method](some, { seed, cosines: own, signal }, best.settings)).head;
  };
  const partly =
    seenLabels(shots).length < width &&
    best.head.kind !== "words" &&
    !UNLABELLED_METHODS.includes(best.method);
  const shift = partly ? await fitShift(shots, cosines, best.heldOut, again, seed) : 0;
  return {
    method: best.method,
    settings: best.settings,
    head: best.head,
    shift,
    scale: await scaleOf(best, shots),
    heldOut: hasHeldOut(shots)
      ? [best, ...found.filter((one) => one !== best)].map(({ method, settings, accuracy, loss }) => ({
          method,
          settings,
          accuracy,
          loss,
        }))
      : [],
  };
}
