import { axisOf, listOf, numberOf } from "../attributes.js";
import { ONNX_TYPES, type OnnxType } from "../types.js";
import { broadcast, type Known, one, product, type SizeRule } from "./known.js";

const TYPES: ReadonlyMap<number, OnnxType> = new Map(
  Object.entries(ONNX_TYPES).map(([name, number]) => [number, name as OnnxType]),
);

/** −1 in a list of sizes is what is left of the elements, 0 what the value has at that place. */
const reshape = one(2, (node, [x, shape]) => {
  if (!shape!.ints || numberOf(node, "allowzero", 0) !== 0) return undefined;
  const asked = shape!.ints.map((size, i) => (size === 0 ? (x!.dims[i] ?? 0) : size));
  const rest = product(x!.dims) / product(asked.filter((size) => size !== -1));
  return { ...x!, dims: asked.map((size) => (size === -1 ? rest : size)) };
});

const transpose = one(1, (node, [x]) => {
  const back = x!.dims.map((_, i) => x!.dims.length - 1 - i);
  return { type: x!.type, dims: listOf(node, "perm", back).map((axis) => x!.dims[axis]!) };
});

const unsqueeze = one(2, (_, [x, axes]) => {
  if (!axes!.ints) return undefined;
  const rank = x!.dims.length + axes!.ints.length;
  const added = new Set(axes!.ints.map((axis) => axisOf(axis, rank)));
  const rest = x!.dims.values();
  return { ...x!, dims: Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : rest.next().value!)) };
});

const squeeze = one(2, (_, [x, axes]) => {
  const gone = new Set(axes!.ints?.map((axis) => axisOf(axis, x!.dims.length)));
  return axes!.ints && { ...x!, dims: x!.dims.filter((_, i) => !gone.has(i)) };
});

const flatten = one(1, (node, [x]) => {
  const axis = axisOf(numberOf(node, "axis", 1), x!.dims.length);
  return { type: x!.type, dims: [product(x!.dims.slice(0, axis)), product(x!.dims.slice(axis))] };
});

const concat: SizeRule = (node, inputs) => {
  if (inputs.length === 0 || inputs.some((input) => !input)) return undefined;
  const parts = inputs as readonly Known[];
  const [{ type, dims }] = parts as readonly [Known];
  const axis = axisOf(numberOf(node, "axis", 0), dims.length);
  const sum = parts.reduce((total, part) => total + part.dims[axis]!, 0);
  const whole = dims.length === 1 && parts.every(({ ints }) => ints);
  return [{ type, dims: dims.with(axis, sum), ints: whole ? parts.flatMap(({ ints }) => ints!) : undefined }];
};

const split: SizeRule = (node, [x, sizes]) => {
  if (!x || (node.inputs.length > 1 && !sizes?.ints)) return undefined;
  const axis = axisOf(numberOf(node, "axis", 0), x.dims.length);
  const count = node.outputs.length;
  const parts = sizes?.ints ?? Array.from({ length: count }, () => x.dims[axis]! / count);
  return parts.map((size) => ({ type: x.type, dims: x.dims.with(axis, size) }));
};

/** From here on the end of a slice stands for "all". */
const ALL = 2 ** 31 - 1;

/** Where a slice begins or ends, counted from the first; undefined where that is outside. */
function placeIn(size: number, at: number): number | undefined {
  if (at >= ALL) return size;
  const place = at < 0 ? at + size : at;
  return place < 0 || place > size ? undefined : place;
}

const slice = one(3, (node, [x, starts, ends, axes, steps]) => {
  const asked = [starts, ends, axes, steps].filter((input) => input !== undefined);
  if (asked.some(({ ints }) => !ints) || node.inputs.length > asked.length + 1) return undefined;
  const dims = [...x!.dims];
  let ints = x!.ints;
  for (const [i, start] of starts!.ints!.entries()) {
    const axis = axisOf(axes?.ints?.[i] ?? i, dims.length);
    const step = steps?.ints?.[i] ?? 1;
    if (step !== 1) return undefined;
    const size = dims[axis]!;
    const [from, to] = [placeIn(size, start), placeIn(size, ends!.ints![i]!)];
    // Cut off where it is too long: how much that is hangs on which of two sizes is larger.
    if (from === undefined || to === undefined) return undefined;
    dims[axis] = Math.max(0, to - from);
    ints = dims.length === 1 ? ints?.slice(from, to) : undefined;
  }
  return { type: x!.type, dims, ints };
});

const pad = one(2, (node, [x, pads]) => {
  if (!pads!.ints || node.inputs.length > 3) return undefined;
  const rank = x!.dims.length;
  return {
    type: x!.type,
    dims: x!.dims.map((size, i) => size + pads!.ints![i]! + pads!.ints![i + rank]!),
  };
});

const gather = one(2, (node, [x, at]) => {
  const axis = axisOf(numberOf(node, "axis", 0), x!.dims.length);
  const dims = [...x!.dims.slice(0, axis), ...at!.dims, ...x!.dims.slice(axis + 1)];
  const ints = x!.dims.length === 1 ? at!.ints?.map((i) => x!.ints?.[axisOf(i, x!.dims[0]!)]) : undefined;
  const known = ints?.every((value) => value !== undefined) ? (ints as number[]) : undefined;
  return { type: x!.type, dims, ints: known };
});

const gatherNd = one(2, (node, [x, at]) => {
  const rest = numberOf(node, "batch_dims", 0) + at!.dims.at(-1)!;
  return { type: x!.type, dims: [...at!.dims.slice(0, -1), ...x!.dims.slice(rest)] };
});

const shape = one(1, (node, [x]) => {
  if ("start" in node.attributes || "end" in node.attributes) return undefined;
  return { type: "i64", dims: [x!.dims.length], ints: x!.dims };
});

const expand = one(2, (_, [x, to]) => {
  const dims = to!.ints && broadcast([x!.dims, to!.ints]);
  return dims && { type: x!.type, dims };
});

const cast = one(1, (node, [x]) => {
  const type = TYPES.get(numberOf(node, "to", 0));
  const isWhole = type === "i64" || type === "i32";
  return type && { type, dims: x!.dims, ints: isWhole ? x!.ints : undefined };
});

/** Operators that move elements about, and those that compute sizes. */
export const SHAPE_RULES: Readonly<Record<string, SizeRule>> = {
  Identity: one(1, (_, [x]) => x),
  Cast: cast,
  Reshape: reshape,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Flatten: flatten,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Gather: gather,
  GatherND: gatherNd,
  Shape: shape,
  Expand: expand,
};
