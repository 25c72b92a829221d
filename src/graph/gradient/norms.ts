import { axisOf, listOf, numberOf } from "../attributes.js";
import type { GraphNode } from "../types.js";
import { type Rule, single, unary } from "./rule.js";
import { noGradient, type Tape } from "./tape.js";

/** Lengths below this are taken for it: the derivative of a length of 0 would be no number. */
const LEAST_LENGTH = 1e-20;

function lastAxis(node: GraphNode, name: string, rank: number): number {
  return axisOf(numberOf(node, name, -1), rank);
}

/** y · (dy − Σ dy · y) along the axis */
const softmax = unary((x, gradient, y, tape, node) => {
  const axis = lastAxis(node, "axis", tape.sizesOf(x).length);
  const mean = tape.sum(tape.multiply(gradient, y), [axis]);
  return tape.multiply(y, tape.node("Sub", [gradient, mean]));
});

/** dy − softmax · Σ dy along the axis */
const logSoftmax = unary((x, gradient, y, tape, node) => {
  const axis = lastAxis(node, "axis", tape.sizesOf(x).length);
  return tape.node("Sub", [gradient, tape.multiply(tape.node("Exp", [y]), tape.sum(gradient, [axis]))]);
});

/** (dy − y · Σ dy · y) / length along the axis */
const unitLength = unary((x, gradient, y, tape, node) => {
  if (numberOf(node, "p", 2) !== 2) throw noGradient(node, "by another norm than the second");
  const axis = lastAxis(node, "axis", tape.sizesOf(x).length);
  const length = tape.node("Sqrt", [tape.sum(tape.multiply(x, x), [axis])]);
  const along = tape.multiply(y, tape.sum(tape.multiply(gradient, y), [axis]));
  const across = tape.node("Sub", [gradient, along]);
  return tape.node("Div", [across, tape.node("Max", [length, tape.float(LEAST_LENGTH)])]);
});

/** Over the last axis: x̂ = (x − mean) / √(variance + epsilon), y = x̂ · scale + bias */
const layerNorm = single((node, gradient, tape) => {
  const [x, scale, bias] = node.inputs as [string, string, string | undefined];
  const rank = tape.sizesOf(x).length;
  const axis = lastAxis(node, "axis", rank);
  if (axis !== rank - 1) throw noGradient(node, "over several axes");
  const centred = tape.node("Sub", [x, tape.mean(x, axis)]);
  const variance = tape.mean(tape.multiply(centred, centred), axis);
  const deviation = tape.node("Sqrt", [tape.add(variance, tape.float(numberOf(node, "epsilon", 1e-5)))]);
  const normal = tape.node("Div", [centred, deviation]);
  const back = (): string => {
    const g = tape.multiply(gradient, scale);
    const along = tape.multiply(normal, tape.mean(tape.multiply(g, normal), axis));
    const rest = tape.node("Sub", [tape.node("Sub", [g, tape.mean(g, axis)]), along]);
    return tape.node("Div", [rest, deviation]);
  };
  const y = node.outputs[0]!;
  return [
    tape.needs(x) ? back() : undefined,
    tape.needs(scale) ? tape.sumTo(tape.multiply(gradient, normal), y, scale) : undefined,
    bias && tape.needs(bias) ? tape.sumTo(gradient, y, bias) : undefined,
  ];
});

/** Axes of a reduction: an attribute before operator set 18 (sums: 13), an input since; all of them where none is named. */
function reducedAxes(node: GraphNode, tape: Tape): readonly number[] {
  const rank = tape.sizesOf(node.inputs[0]!).length;
  const given = node.inputs[1] ? tape.intsOf(node.inputs[1]) : listOf(node, "axes", []);
  if (!given) throw noGradient(node, "whose axes are computed");
  return given.length === 0
    ? Array.from({ length: rank }, (_, i) => i)
    : given.map((axis) => axisOf(axis, rank));
}

/** Sums or means: every element gets the gradient of its sum, or its share of it. */
function reduction(isMean: boolean): Rule {
  return unary((x, gradient, _, tape, node) => {
    const axes = reducedAxes(node, tape);
    const sizes = tape.sizesOf(x);
    const kept =
      numberOf(node, "keepdims", 1) === 1 ? gradient : tape.node("Unsqueeze", [gradient, tape.ints(axes)]);
    const spread = tape.expandLike(kept, x);
    // The batch's own size is not known: a mean over it is none of an image tower's.
    if (isMean && axes.includes(0)) throw noGradient(node, "over the batch");
    return isMean
      ? tape.scaled(spread, 1 / axes.reduce((product, axis) => product * sizes[axis]!, 1))
      : spread;
  });
}

/** [n, c, h, w] → the mean of each plane */
const globalAverage = unary((x, gradient, _, tape) => {
  const [, , height, width] = tape.sizesOf(x) as [number, number, number, number];
  return tape.expandLike(tape.scaled(gradient, 1 / (height * width)), x);
});

/** The largest of each plane: equals share the gradient. */
const globalMost = unary((x, gradient, y, tape) => {
  const most = tape.node("Cast", [tape.node("Equal", [x, y])], { to: 1 });
  return tape.multiply(most, tape.node("Div", [gradient, tape.sum(most, [2, 3])]));
});

/** Means of squares that do not overlap. */
const averagePool = unary((x, gradient, y, tape, node) => {
  const [down, right] = listOf(node, "kernel_shape", []) as [number, number];
  const strides = listOf(node, "strides", [1, 1]);
  const pads = listOf(node, "pads", [0, 0, 0, 0]);
  const [from, to] = [tape.sizesOf(x), tape.sizesOf(y)];
  const isTiled = strides[0] === down && strides[1] === right && pads.every((count) => count === 0);
  const isWhole = to[2]! * down === from[2] && to[3]! * right === from[3];
  if (!isTiled || !isWhole) throw noGradient(node, "of squares that overlap or leave an edge");
  const [, channels, height, width] = to as [number, number, number, number];
  const apart = tape.reshape(tape.scaled(gradient, 1 / (down * right)), [-1, channels, height, 1, width, 1]);
  const repeated = tape.node("Expand", [apart, tape.ints([1, 1, 1, down, 1, right])]);
  return tape.reshapeLike(repeated, x);
});

/** Operators that look at many elements together: norms, shares, means, pools. */
export const NORMS: Readonly<Record<string, Rule>> = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LpNormalization: unitLength,
  LayerNormalization: layerNorm,
  ReduceMean: reduction(true),
  ReduceSum: reduction(false),
  GlobalAveragePool: globalAverage,
  GlobalMaxPool: globalMost,
  AveragePool: averagePool,
};
