import { pixelsOf, type Squares } from "../squares.js";
import { answersOf, BATCH, type Judge, type Victim } from "../victim.js";
import { type Rate, rateOf } from "./rate.js";

/** A model and the pictures that it is measured on. */
export interface Scene {
  readonly victim: Victim;
  readonly labels: readonly string[];
  readonly squares: Squares["squares"];
  readonly truth: readonly number[];
  readonly seed: number;
}

/** The first pictures of a scene: attacks take longer than all else. */
export function firstOf(scene: Scene, count: number): Scene {
  return { ...scene, squares: scene.squares.slice(0, count), truth: scene.truth.slice(0, count) };
}

/** Pictures of a scene as attacks take them. */
export function preyOf({ squares, truth }: Scene): {
  readonly pixels: Float32Array;
  readonly truth: readonly number[];
} {
  return { pixels: pixelsOf(squares), truth };
}

/** Positions of the labels that are answered. */
export async function answers(
  { victim, seed }: Scene,
  pixels: Float32Array,
  judge: Judge = victim.judge,
): Promise<number[]> {
  return answersOf((await judge(pixels, seed)).logits, victim.labels);
}

/** The same for squares, some at a time: all of them as numbers would be four times as large. */
export async function answersTo(
  scene: Scene,
  squares: readonly Uint8Array[],
  change: (square: Uint8Array, i: number) => Uint8Array | Promise<Uint8Array> = (square) => square,
): Promise<number[]> {
  const found: number[] = [];
  for (let from = 0; from < squares.length; from += BATCH) {
    const part = squares.slice(from, from + BATCH);
    const changed = await Promise.all(part.map((square, i) => change(square, from + i)));
    found.push(...(await answers(scene, pixelsOf(changed))));
  }
  return found;
}

/** Top-1 of some pixels of a scene's pictures. */
export async function accuracy(scene: Scene, pixels: Float32Array, judge?: Judge): Promise<Rate> {
  const found = await answers(scene, pixels, judge);
  return rateOf(found.map((answer, i) => answer === scene.truth[i]));
}
