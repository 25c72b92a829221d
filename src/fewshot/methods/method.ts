import type { Head } from "../head.js";
import type { Shots } from "../shots.js";

export const METHODS = [
  "zero-shot",
  "prototypes",
  "tip-adapter",
  "tip-adapter-f",
  "linear-probe",
  "clip-adapter",
  "prior-matching",
  "transductive",
] as const;
export type MethodName = (typeof METHODS)[number];

/** Methods that learn from pictures without labels, also where there are no others. */
export const UNLABELLED_METHODS: readonly MethodName[] = ["prior-matching", "transductive"];

/** What was searched on held-out pictures, by name: kept in the adapter, and used again where pictures come and go. */
export type Settings = Readonly<Record<string, number>>;

export interface Fitted {
  readonly head: Head;
  readonly settings: Settings;
  /** [n, labels] logits of each picture by a head that was not trained on it. */
  readonly heldOut: Float32Array;
}

export interface FitContext {
  readonly seed: number;
  /** [n, labels] cosines of the pictures with the words. */
  readonly cosines: Float32Array;
  readonly signal?: AbortSignal | undefined;
  /** Told after every step of training: how many of how many. */
  readonly onStep?: ((done: number, total: number) => void) | undefined;
}

/** Shots → a head. With settings nothing is searched. */
export type Method = (shots: Shots, context: FitContext, settings?: Settings) => Promise<Fitted>;
