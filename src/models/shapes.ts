import type { TensorMap } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import { missingTensor } from "./weights.js";

/** Width of one attention head in all of OpenAI's models; the weights' shapes do not show it (CLIP, model.py, `build_model`). */
const HEAD_WIDTH = 64;

/** Most layers, bottlenecks or heads believed: far above any CLIP (48), low enough to keep a hostile file from making work. */
const MOST_LAYERS = 1000;

/** Heads of a tower: as given, else by their usual width. Raises `checkpoint.shape` where they do not divide the width. */
export function headsOf(width: number, given: number | undefined, tower: string): number {
  const heads = given ?? width / HEAD_WIDTH;
  if (Number.isInteger(heads) && heads >= 1 && width % heads === 0) return heads;
  const expected =
    given === undefined
      ? `a width that is a multiple of ${HEAD_WIDTH}`
      : `${given} heads to divide the width`;
  throw new ClipError(
    "checkpoint.shape",
    `Expected ${expected} in the ${tower} tower but received width ${width}.`,
  );
}

/** Heads that are turned in pairs, or in pairs by two directions. Raises `checkpoint.shape` where their width is no multiple of `parts`. */
export function evenHeads(heads: number, width: number, parts: 2 | 4, tower: string): number {
  if ((width / heads) % parts === 0) return heads;
  const message = `Expected heads in the ${tower} tower whose width is a multiple of ${parts} but received ${width / heads}.`;
  throw new ClipError("checkpoint.shape", message);
}

/** Of weights that lie without a configuration: how far their queries and keys are turned can't be seen. */
export function unsaidRotation(what: "pictures" | "texts"): ClipError {
  const message = `Expected a config.json that says how the tower for ${what} turns places, as the weights are Jina-CLIP's, but none lies beside them.`;
  return new ClipError("model.unsupported", message);
}

/** Sizes of tensors, each checked. */
export class Shapes {
  constructor(readonly tensors: TensorMap) {}

  of(name: string, rank: 1): [number];
  of(name: string, rank: 2): [number, number];
  of(name: string, rank: 4): [number, number, number, number];
  of(name: string, rank: number): number[] {
    const tensor = this.tensors.get(name);
    if (!tensor) throw missingTensor(name, `with ${rank === 1 ? "1 dimension" : `${rank} dimensions`}`);
    if (tensor.shape.length === rank && tensor.shape.every((size) => size >= 1)) return [...tensor.shape];
    const came = `[${tensor.shape.join(", ")}]`;
    throw new ClipError(
      "checkpoint.shape",
      `Expected ${tensor.name} to have ${rank} dimensions but received ${came}.`,
    );
  }

  /** Numbered parts 0, 1, 2 … of which the names have at least one tensor each. */
  count(pattern: RegExp, example: string): number {
    const found = new Set<number>();
    for (const name of this.tensors.keys()) {
      const number = pattern.exec(name)?.[1];
      if (number !== undefined && Number(number) < MOST_LAYERS) found.add(Number(number));
    }
    if (found.size > 0) return Math.max(...found) + 1;
    throw missingTensor(example, "and more of its kind");
  }
}
