import type { Combine } from "../zeroshot/ensemble.js";

/** How models answer together; what a file of `zeroclip ensemble fit` says. */
export type Plan = EnsemblePlan | CascadePlan;

interface Shared {
  /** Names, ids or paths; a path that begins with a dot is beside the file. */
  readonly models: readonly string[];
  /** [models] multiplier of each model's cosines; absent: each model's own calibration. */
  readonly scales?: readonly number[];
  /** Labels, prompts and views that it was fitted with; with others its scales promise nothing. */
  readonly fittedFor?: FittedFor;
}

/** A set of labels and what they were compared by, as names of them. */
export interface FittedFor {
  /** `labelsKey` */
  readonly labels: string;
  /** `promptsId` */
  readonly prompts: string;
  /** Squares of pictures; absent: `center`. */
  readonly views?: string;
}

export interface EnsemblePlan extends Shared {
  readonly kind: "ensemble";
  /** [models] summing to 1 */
  readonly weights: readonly number[];
  readonly combine: Combine;
  /** Multiplier of the combined logarithms; default 1. */
  readonly scale?: number;
}

export interface CascadePlan extends Shared {
  readonly kind: "cascade";
  /** [models − 1] least probability with which each but the last answers. */
  readonly thresholds: readonly number[];
}
