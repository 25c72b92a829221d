import { axisOf, listOf, numberOf } from "../attributes.js";
import { type Rule, single, unary } from "./rule.js";
import { noGradient, toFloat } from "./tape.js";

const reshaped = unary((x, gradient, _, tape) => tape.reshapeLike(gradient, x));

const transpose = unary((x, gradient, _, tape, node) => {
  const rank = tape.sizesOf(x).length;
  const perm = listOf(
    node,
    "perm",
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  );
  const back = perm.map(() => 0);
  for (const [to, from] of perm.entries()) back[from] = to;
  return tape.transpose(gradient, back);
});

const concat = single((node, gradient, tape) => {
  const axis = axisOf(numberOf(node, "axis", 0), tape.sizesOf(node.inputs[0]!).length);
  const sizes = node.inputs.map((name) => tape.sizesOf(name)[axis]!);
  return tape.split(gradient, sizes, axis);
});

const split: Rule = (node, gradients, tape) => {
  const axis = axisOf(numberOf(node, "axis", 0), tape.sizesOf(node.inputs[0]!).length);
  const parts = node.outputs.map((name, i) => gradients[i] ?? tape.node("Sub", [name, name]));
  return [tape.node("Concat", parts, { axis })];
};

/** Zeros where the slice took nothing: axes with a start and an end that are known, in steps of one. */
const slice = single((node, gradient, tape) => {
  const [x, startsName, endsName, axesName, stepsName] = node.inputs as string[];
  const sizes = tape.sizesOf(x!);
  const [starts, ends] = [tape.intsOf(startsName!), tape.intsOf(endsName!)];
  const axes = axesName ? tape.intsOf(axesName) : starts?.map((_, i) => i);
  const steps = stepsName ? tape.intsOf(stepsName) : [];
  if (!starts || !ends || !axes || !steps) throw noGradient(node, "whose places are computed");
  if (steps.some((step) => step !== 1)) throw noGradient(node, "that leaves places out");
  const before = sizes.map(() => 0);
  const after = sizes.map(() => 0);
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(given, sizes.length);
    const place = (at: number): number =>
      Math.max(0, Math.min(sizes[axis]!, at < 0 ? at + sizes[axis]! : at));
    before[axis] = place(starts[i]!);
    after[axis] = sizes[axis]! - place(ends[i]!);
  }
  return [tape.pad(gradient, before, after)];
});

const pad = single((node, gradient, tape) => {
  const sizes = tape.sizesOf(node.inputs[0]!);
  const pads = tape.intsOf(node.inputs[1] ?? "");
  const mode = node.attributes["mode"] ?? "constant";
  if (!pads || mode !== "constant" || node.inputs.length > 3)
    throw noGradient(node, "of another kind than zeros");
  const axes = sizes.flatMap((_, axis) =>
    pads[axis] === 0 && pads[axis + sizes.length] === 0 ? [] : [axis],
  );
  if (axes.length === 0) return [gradient];
  const starts = axes.map((axis) => pads[axis]!);
  return [
    tape.slice(
      gradient,
      starts,
      axes.map((axis) => pads[axis]! + sizes[axis]!),
      axes,
    ),
  ];
});

/** One place along an axis, as exports take the class token. */
const gather = single((node, gradient, tape) => {
  const [x, at] = node.inputs as [string, string];
  const sizes = tape.sizesOf(x);
  const axis = axisOf(numberOf(node, "axis", 0), sizes.length);
  const places = tape.intsOf(at);
  if (places?.length !== 1) throw noGradient(node, "of several places");
  const place = axisOf(places[0]!, sizes[axis]!);
  const kept = tape.node("Unsqueeze", [gradient, tape.ints([axis])]);
  const only = tape.sizesOf(at).length === 0 ? kept : gradient;
  const only1 = sizes.map((_, i) => (i === axis ? place : 0));
  return [
    tape.pad(
      only,
      only1,
      sizes.map((size, i) => (i === axis ? size - place - 1 : 0)),
    ),
  ];
});

/** Operators that move elements about. */
export const SHAPES: Readonly<Record<string, Rule>> = {
  Identity: unary((_, gradient) => gradient),
  Cast: unary((_, gradient, __, ___, node) => {
    if (toFloat(node)) return gradient;
    throw noGradient(node, "to other numbers than 32-bit floats: open the model's fp32 form");
  }),
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Gather: gather,
  Expand: single((node, gradient, tape) => [tape.sumTo(gradient, node.outputs[0]!, node.inputs[0]!)]),
};
