import { ClipError } from "../errors.js";
import { seeded } from "../math/random.js";
import type { Embedding } from "../math/unit.js";

/** Labelled vectors of pictures and the words of every label: what heads are trained on. */
export interface Shots {
  readonly labels: readonly string[];
  /** [labels] of f32 [dim]: zero-shot weights. */
  readonly texts: readonly Embedding[];
  /** [n] of f32 [dim] */
  readonly features: readonly Embedding[];
  /** [n] position of each picture's label. */
  readonly truth: Int32Array;
  /** [m] of f32 [dim]: pictures whose labels nobody knows. */
  readonly unlabelled?: readonly Embedding[];
  /** The model's multiplier of cosines before softmax. */
  readonly logitScale: number;
}

/** Most labelled pictures: their vectors are held in memory and kept in the adapter's file. */
export const MOST_SHOTS = 50_000;

/** Most pictures without labels: each is compared with each, which takes minutes for so many. */
export const MOST_UNLABELLED = 20_000;

/** Raises `fewshot.shots` where nothing can be learnt from what is there. */
export function checkShots({ labels, texts, features, truth, unlabelled = [] }: Shots): void {
  const wrong = (expected: string, received: string): never => {
    throw new ClipError("fewshot.shots", `Expected ${expected} but received ${received}.`);
  };
  if (labels.length < 2) wrong("at least two labels", `${labels.length}`);
  if (texts.length !== labels.length || truth.length !== features.length)
    wrong("a vector a label and a label a picture", `${texts.length} and ${truth.length}`);
  if (features.length + unlabelled.length === 0) wrong("at least one labelled picture", "none");
  if (features.length > MOST_SHOTS)
    wrong(
      `at most ${MOST_SHOTS} labelled pictures (--shots takes fewer of each label)`,
      `${features.length}`,
    );
  if (unlabelled.length > MOST_UNLABELLED)
    wrong(`at most ${MOST_UNLABELLED} pictures without labels`, `${unlabelled.length}`);
  const strange = truth.find((label) => !(label >= 0 && label < labels.length));
  if (strange !== undefined) wrong(`labels from 0 to ${labels.length - 1}`, `${strange}`);
  const dim = texts[0]!.length;
  const other = [...features, ...unlabelled].find(
    (feature) => feature.length !== dim || !feature.every(Number.isFinite),
  );
  if (other) wrong(`finite vectors of ${dim} numbers`, `one of ${other.length} with something else`);
}

/** How many pictures each label has, [labels]. */
export function countsOf({ labels, truth }: Pick<Shots, "labels" | "truth">): number[] {
  const counts = labels.map(() => 0);
  for (const label of truth) counts[label]! += 1;
  return counts;
}

/** True where some label has two pictures: a label's only one can't be held out. */
export function hasHeldOut(shots: Pick<Shots, "labels" | "truth">): boolean {
  return countsOf(shots).some((count) => count > 1);
}

/** Positions of labels that have a picture. */
export function seenLabels(shots: Pick<Shots, "labels" | "truth">): number[] {
  return countsOf(shots).flatMap((count, label) => (count > 0 ? [label] : []));
}

/** The pictures at some positions. */
export function pickShots(shots: Shots, positions: readonly number[]): Shots {
  return {
    ...shots,
    features: positions.map((i) => shots.features[i]!),
    truth: Int32Array.from(positions, (i) => shots.truth[i]!),
  };
}

/** Positions in an order that the seed makes. */
export function shuffled(count: number, seed: number): number[] {
  const random = seeded(seed);
  const keys = Array.from({ length: count }, () => random());
  return keys.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]! || a - b);
}

/** Positions of at most so many pictures of each label, chosen by the seed, in their own order. */
export function drawShots(truth: ArrayLike<number>, most: number, seed: number): number[] {
  const taken = new Map<number, number>();
  const chosen = shuffled(truth.length, seed).filter((i) => {
    const count = taken.get(truth[i]!) ?? 0;
    taken.set(truth[i]!, count + 1);
    return count < most;
  });
  return chosen.sort((a, b) => a - b);
}

/**
 * [n] the part, from 0, in which each picture is held out; each label's pictures are spread over the parts. −1: never, as it is
 * its label's only one.
 */
export function foldsOf(truth: ArrayLike<number>, parts: number, seed: number): Int32Array {
  const counts = new Map<number, number>();
  for (let i = 0; i < truth.length; i++) counts.set(truth[i]!, (counts.get(truth[i]!) ?? 0) + 1);
  const next = new Map<number, number>();
  const folds = new Int32Array(truth.length).fill(-1);
  let offset = 0;
  for (const i of shuffled(truth.length, seed)) {
    const label = truth[i]!;
    if (counts.get(label)! < 2) continue;
    const at = next.get(label) ?? offset++;
    folds[i] = at % parts;
    next.set(label, at + 1);
  }
  return folds;
}
