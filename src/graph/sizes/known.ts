import type { GraphNode, OnnxType } from "../types.js";

/** What is known of a value while the graph's free sizes are some numbers. */
export interface Known {
  readonly type: OnnxType;
  readonly dims: readonly number[];
  /** Its numbers, where they are whole, few and known: sizes that the graph computes. */
  readonly ints?: readonly number[] | undefined;
}

/** An operator and what is known of its inputs (undefined: not given) → what is known of its outputs; undefined where that is nothing. */
export type SizeRule = (
  node: GraphNode,
  inputs: readonly (Known | undefined)[],
) => readonly Known[] | undefined;

/** A rule for an operator of one output, whose first inputs have to be known. */
export function one(
  needed: number,
  rule: (node: GraphNode, inputs: readonly Known[]) => Known | undefined,
): SizeRule {
  return (node, inputs) => {
    if (inputs.slice(0, needed).some((input) => input === undefined) || inputs.length < needed)
      return undefined;
    const known = rule(node, inputs as readonly Known[]);
    return known && [known];
  };
}

/** Sizes of several values that are combined element by element; undefined where they don't go together. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const dims: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const most = sizes.find((size) => size !== 1) ?? 1;
    if (sizes.some((size) => size !== 1 && size !== most)) return undefined;
    dims.push(most);
  }
  return dims;
}

export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
