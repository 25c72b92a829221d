import { decodeBf16, decodeF16 } from "../math/float16.js";
import { type Graph, type GraphNode, ONNX_TYPES, type Weight } from "./types.js";

/** A value of a graph that its inputs do not change. */
export interface Constant {
  /** The large weight that it comes from. */
  readonly weight: Weight;
  readonly dims: readonly number[];
  /** Row-major, computed anew each time, so that nothing large stays in memory; do not write into it. */
  values(): Float32Array;
}

/**
 * Finds what is constant in a graph: weights of floats, bytes that are cast to f32 or dequantised, and products of two
 * such where one has a size of 1 or of the other in every direction.
 */
export function constantsOf(graph: Graph): (name: string) => Constant | undefined {
  const weights = new Map(graph.weights.map((weight) => [weight.name, weight]));
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const find = (name: string): Constant | undefined => {
    const weight = weights.get(name);
    if (weight) return FLOATS[weight.type] && ofWeight(weight, FLOATS[weight.type]!);
    const node = makers.get(name);
    if (node?.op === "Cast" && node.attributes["to"] === ONNX_TYPES.f32) return widened(node.inputs[0]!);
    if (node?.op === "DequantizeLinear") return dequantised(node, widened);
    return node?.op === "Mul" ? product(node.inputs.map(find)) : undefined;
  };
  /** Bytes count only where the graph makes floats of them. */
  const widened = (name: string): Constant | undefined => {
    const weight = weights.get(name);
    const read = weight && (FLOATS[weight.type] ?? BYTES[weight.type]);
    return read ? ofWeight(weight, read) : find(name);
  };
  return find;
}

type Reader = (bytes: Uint8Array) => Float32Array;

const FLOATS: Partial<Record<Weight["type"], Reader>> = {
  f32: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
  f16: (bytes) => decodeF16(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)),
  bf16: (bytes) => decodeBf16(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)),
};

const BYTES: Partial<Record<Weight["type"], Reader>> = {
  u8: (bytes) => Float32Array.from(bytes),
  i8: (bytes) => Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)),
};

function ofWeight(weight: Weight, read: Reader): Constant {
  const values = (): Float32Array => {
    const bytes = weight.read();
    // A typed view needs its offset to be a multiple of the element's size.
    return read(bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes));
  };
  return { weight, dims: weight.dims, values };
}

/** The larger of two constants by the other, which is stretched along its sizes of 1. */
function product([a, b]: readonly (Constant | undefined)[]): Constant | undefined {
  if (!a || !b) return undefined;
  const [whole, factors] = a.weight.byteLength >= b.weight.byteLength ? [a, b] : [b, a];
  const combine = stretched(whole.dims, factors.dims);
  return combine && { ...whole, values: () => combine(whole.values(), factors.values(), (x, y) => x * y) };
}

/** (codes − zero point) · scale; both one number, or one each along an axis. */
function dequantised(
  { inputs, attributes }: GraphNode,
  find: (name: string) => Constant | undefined,
): Constant | undefined {
  const [codes, scale, zero] = inputs.map((name) => (name ? find(name) : undefined));
  if (!codes || !scale || (inputs[2] && !zero)) return undefined;
  const axis = Number(attributes["axis"] ?? 1);
  const rank = codes.dims.length;
  const along = (dims: readonly number[]): readonly number[] =>
    dims.length === 1 && dims[0] !== 1
      ? [...dims, ...Array<number>(rank - 1 - (axis < 0 ? axis + rank : axis)).fill(1)]
      : dims;
  const scaled = stretched(codes.dims, along(scale.dims));
  const moved = zero ? stretched(codes.dims, along(zero.dims)) : undefined;
  if (!scaled || (zero && !moved)) return undefined;
  const values = (): Float32Array => {
    const centred = moved ? moved(codes.values(), zero!.values(), (x, y) => x - y) : codes.values();
    return scaled(centred, scale.values(), (x, y) => x * y);
  };
  return { ...codes, values };
}

type Combine = (
  whole: Float32Array,
  part: Float32Array,
  by: (x: number, y: number) => number,
) => Float32Array;

/** How to combine values of `dims` with those of `part`, whose sizes are 1 or the same, aligned at the last. */
function stretched(dims: readonly number[], part: readonly number[]): Combine | undefined {
  if (part.length > dims.length) return undefined;
  const sizes = [...Array<number>(dims.length - part.length).fill(1), ...part];
  if (sizes.some((size, i) => size !== 1 && size !== dims[i])) return undefined;
  let stride = sizes.reduce((a, b) => a * b, 1);
  const strides = sizes.map((size) => {
    stride /= size;
    return size === 1 ? 0 : stride;
  });
  return (whole, values, by) => {
    const result = new Float32Array(whole.length);
    const across = dims.at(-1) ?? 1;
    const step = strides.at(-1) ?? 0;
    const at = dims.map(() => 0);
    for (let row = 0; row < whole.length; row += across) {
      let from = 0;
      for (let i = 0; i < dims.length - 1; i++) from += at[i]! * strides[i]!;
      for (let j = 0; j < across; j++) result[row + j] = by(whole[row + j]!, values[from + j * step]!);
      for (let i = dims.length - 2; i >= 0; i--) {
        at[i]! += 1;
        if (at[i]! < dims[i]!) break;
        at[i] = 0;
      }
    }
    return result;
  };
}
