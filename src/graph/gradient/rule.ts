import type { GraphNode } from "../types.js";
import type { Tape } from "./tape.js";

/**
 * The gradients of an operator's inputs from those of its outputs (undefined: that output does not matter), one an input; undefined
 * where `tape.needs` says that nobody asks, or there is none.
 */
export type Rule = (
  node: GraphNode,
  gradients: readonly (string | undefined)[],
  tape: Tape,
) => readonly (string | undefined)[];

/** A rule for an operator with one output, whose gradient is there. */
export function single(
  rule: (node: GraphNode, gradient: string, tape: Tape) => readonly (string | undefined)[],
): Rule {
  return (node, [gradient], tape) => (gradient === undefined ? [] : rule(node, gradient, tape));
}

/** A rule for an operator of one input and one output. */
export function unary(
  rule: (x: string, gradient: string, y: string, tape: Tape, node: GraphNode) => string,
): Rule {
  return single((node, gradient, tape) => [rule(node.inputs[0]!, gradient, node.outputs[0]!, tape, node)]);
}
