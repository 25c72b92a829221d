import { listOf, numberOf } from "../attributes.js";
import type { GraphNode } from "../types.js";
import { type Rule, single } from "./rule.js";
import { noGradient, type Tape } from "./tape.js";

/** A convolution over planes: all that its gradients need to know. */
interface Conv {
  readonly groups: number;
  /** Of the kernel, [out, in / groups, height, width]. */
  readonly kernel: readonly number[];
  readonly strides: readonly [number, number];
  /** Zeros at the top, left, bottom, right. */
  readonly pads: readonly number[];
  /** Of what goes in and what comes out, [n, channels, height, width]. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

function read(node: GraphNode, tape: Tape): Conv {
  const [x, w] = node.inputs as [string, string];
  const kernel = tape.sizesOf(w);
  if (kernel.length !== 4) throw noGradient(node, "over another number of directions than two");
  if (listOf(node, "dilations", []).some((step) => step !== 1)) throw noGradient(node, "with dilation");
  if ((node.attributes["auto_pad"] ?? "NOTSET") !== "NOTSET")
    throw noGradient(node, "with automatic padding");
  const [down, right] = listOf(node, "strides", [1, 1]) as [number, number];
  return {
    groups: numberOf(node, "group", 1),
    kernel,
    strides: [down, right],
    pads: listOf(node, "pads", [0, 0, 0, 0]),
    from: tape.sizesOf(x),
    to: tape.sizesOf(node.outputs[0]!),
  };
}

/** Zeros between the rows and columns, so that a convolution of stride 1 can go back over them: [n, c, h · s, w · t]. */
function spread(x: string, { strides: [down, right], to }: Conv, tape: Tape): string {
  if (down === 1 && right === 1) return x;
  // Each row and column repeated, and all but the first of each made 0: faster than padding single numbers.
  const [, , height, width] = to as [number, number, number, number];
  const scales = tape.floats([1, 1, down, right], [4]);
  const repeated = tape.node("Resize", [x, "", scales], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
  const wide = width * right;
  const first = Array.from({ length: height * down * wide }, (_, i) =>
    Number(Math.floor(i / wide) % down === 0 && (i % wide) % right === 0),
  );
  return tape.multiply(repeated, tape.floats(first, [1, 1, height * down, wide]));
}

/** The kernel that goes back: turned by half a circle, in and out exchanged within each group. */
function turned(w: string, { groups, kernel }: Conv, tape: Tape): string {
  const [out, into, height, width] = kernel as [number, number, number, number];
  const least = -(2 ** 31);
  const flipped = height * width === 1 ? w : tape.slice(w, [-1, -1], [least, least], [2, 3], [-1, -1]);
  if (groups === 1) return tape.transpose(flipped, [1, 0, 2, 3]);
  if (into === 1 && out === groups) return flipped;
  const apart = tape.reshape(flipped, [groups, out / groups, into, height, width]);
  return tape.reshape(tape.transpose(apart, [0, 2, 1, 3, 4]), [groups * into, out / groups, height, width]);
}

/** Gradient of what goes in: a convolution of the gradient with the turned kernel. */
function backToInput(gradient: string, w: string, conv: Conv, tape: Tape): string {
  const { kernel, strides, pads, from, to, groups } = conv;
  const sides = [0, 1].map((i) => {
    const [size, step, first] = [kernel[2 + i]!, strides[i]!, pads[i]!];
    // So many rows come out of the gradient's, spread and padded, as went in.
    return { before: size - 1 - first, after: from[2 + i]! - to[2 + i]! * step + first };
  });
  let x = spread(gradient, conv, tape);
  const axes = [2, 3].filter((_, i) => sides[i]!.after < 0);
  if (axes.length > 0) {
    const ends = axes.map((axis) => to[axis]! * strides[axis - 2]! + sides[axis - 2]!.after);
    x = tape.slice(
      x,
      axes.map(() => 0),
      ends,
      axes,
    );
  }
  const [down, right] = sides as [(typeof sides)[number], (typeof sides)[number]];
  return tape.node("Conv", [x, turned(w, conv, tape)], {
    group: groups,
    kernel_shape: kernel.slice(2),
    pads: [down.before, right.before, Math.max(0, down.after), Math.max(0, right.after)],
    strides: [1, 1],
  });
}

/** Gradient of the kernel: for each of its places a product of the gradient and what lay under that place. */
function backToKernel(node: GraphNode, gradient: string, x: string, conv: Conv, tape: Tape): string {
  const { groups, kernel, strides, pads, to } = conv;
  const [out, into, height, width] = kernel as [number, number, number, number];
  const isDepthwise = groups === out && into === 1;
  if (groups !== 1 && !isDepthwise)
    throw noGradient(node, "in groups of several channels, whose kernel is asked for");
  const [top, left, bottom, right] = pads as [number, number, number, number];
  const padded = tape.pad(x, [0, 0, top, left], [0, 0, bottom, right]);
  // All pictures side by side, so that one product sums over them: one for each would be as large as the kernel each time.
  const flat = (value: string, channels: number): string =>
    tape.reshape(tape.transpose(value, [1, 0, 2, 3]), [channels, -1]);
  const rows = isDepthwise ? gradient : flat(gradient, out);
  const places: string[] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [down, across] = strides;
      const ends = [i + (to[2]! - 1) * down + 1, j + (to[3]! - 1) * across + 1];
      const isAll = height * width === 1 && down === 1 && across === 1 && pads.every((count) => count === 0);
      const under = isAll ? x : tape.slice(padded, [i, j], ends, [2, 3], strides);
      const place = isDepthwise
        ? tape.sum(tape.multiply(gradient, under), [0, 2, 3], false)
        : tape.product(rows, flat(under, into), false, true);
      places.push(tape.reshape(place, [out, into, 1]));
    }
  }
  const all = places.length === 1 ? places[0]! : tape.node("Concat", places, { axis: 2 });
  return tape.reshape(all, kernel);
}

const conv: Rule = single((node, gradient, tape) => {
  const [x, w, bias] = node.inputs as [string, string, string | undefined];
  const facts = read(node, tape);
  return [
    tape.needs(x) ? backToInput(gradient, w, facts, tape) : undefined,
    tape.needs(w) ? backToKernel(node, gradient, x, facts, tape) : undefined,
    bias && tape.needs(bias) ? tape.sum(gradient, [0, 2, 3], false) : undefined,
  ];
});

export const CONVS: Readonly<Record<string, Rule>> = { Conv: conv };
