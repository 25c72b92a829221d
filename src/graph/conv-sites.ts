import { LARGEST_ALONE, LARGEST_CODE } from "./codes.js";
import { type Constant, constantsOf } from "./constants.js";
import type { CodeBounds } from "./quantise-rows.js";
import type { Graph, GraphNode } from "./types.js";

/** Factors [channels] of a value f32 [n, channels, h, w], by the value's name: it is held multiplied by them. */
export type Gains = ReadonlyMap<string, Float32Array>;

/** A convolution with a constant kernel [out, channels of a group, h, w]. */
export interface ConvSite {
  readonly node: GraphNode;
  readonly kernel: Constant;
  readonly bias: Constant | undefined;
  readonly groups: number;
  /** What it makes, after the activation that follows it and nothing else reads. */
  readonly result: string;
  /** Each channel has a kernel of its own. */
  readonly isDepthwise: boolean;
}

/** Colours and transparency: what a picture has. */
const PICTURE_CHANNELS = 4;

/**
 * The convolutions that can become int8, in running order. The one that reads the picture is none of them, nor is one of a
 * kernel a channel that reads its result: they have few numbers to multiply, and what they lose no later layer makes
 * good.
 */
export function convSites(graph: Graph): Map<GraphNode, ConvSite> {
  const constantOf = constantsOf(graph);
  const activationOf = activations(graph);
  const sites = new Map<GraphNode, ConvSite>();
  /** What convolutions that read the picture make. */
  const first = new Set<string>();
  for (const node of graph.nodes) {
    if (node.op !== "Conv" || (node.attributes["auto_pad"] ?? "NOTSET") !== "NOTSET") continue;
    const [input, kernelName, biasName] = node.inputs;
    const groups = Number(node.attributes["group"] ?? 1);
    const kernel = constantOf(kernelName!);
    const bias = biasName ? constantOf(biasName) : undefined;
    if (kernel?.dims.length !== 4 || (biasName && !bias) || constantOf(input!)) continue;
    const output = node.outputs[0]!;
    const result = activationOf(output)?.outputs[0] ?? output;
    const isDepthwise = kernel.dims[1] === 1 && groups === kernel.dims[0];
    if (groups === 1 && kernel.dims[1]! <= PICTURE_CHANNELS) {
      first.add(result);
      continue;
    }
    if (isDepthwise && first.has(input!)) continue;
    sites.set(node, { node, kernel, bias, groups, result, isDepthwise });
  }
  return sites;
}

/**
 * Finds the Relu, or Clip from 0, that alone reads a value: codes that end at zero do the same, and what is above the
 * calibrated range is cut off anyhow.
 */
export function activations(graph: Graph): (name: string) => GraphNode | undefined {
  const constantOf = constantsOf(graph);
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const readers = readersOf(graph);
  return (name) => {
    const [next, ...more] = readers.get(name) ?? [];
    if (!next || more.length > 0 || outputs.has(name)) return undefined;
    const cuts =
      next.op === "Relu" || (next.op === "Clip" && constantOf(next.inputs[1] ?? "")?.values()[0] === 0);
    return cuts ? next : undefined;
  };
}

/**
 * What the codes of a site's kernel may be. Where each channel has its own, ONNX Runtime multiplies in 16 bits and adds in
 * 32, which no processor cuts off. Else neighbours are channels 2i and 2i + 1 at one place, as values lie channels last.
 */
export function codeBounds({ isDepthwise, kernel: { dims } }: ConvSite): CodeBounds {
  if (isDepthwise) return { largest: LARGEST_CODE };
  const [, channels, height, width] = dims as [number, number, number, number];
  return channels % 2 === 0 ? { largest: LARGEST_CODE, apart: height * width } : { largest: LARGEST_ALONE };
}

/** Kernel and bias between values that are held multiplied by their gains. */
export function scaledSite(
  { node, kernel, bias, groups, result }: ConvSite,
  gains: Gains,
): { readonly values: () => Float32Array; readonly bias: Float32Array } {
  const [rows, channels] = kernel.dims as [number, number];
  const [before, after] = [gains.get(node.inputs[0]!), gains.get(result)];
  const plane = kernel.dims[2]! * kernel.dims[3]!;
  const offsets = bias?.values() ?? new Float32Array(rows);
  const values = (): Float32Array => {
    const plain = kernel.values();
    if (!before && !after) return plain;
    return plain.map((value, i) => {
      const row = Math.floor(i / (channels * plane));
      const channel = Math.floor((row * groups) / rows) * channels + (Math.floor(i / plane) % channels);
      return (value * (after?.[row] ?? 1)) / (before?.[channel] ?? 1);
    });
  };
  return { values, bias: after ? offsets.map((value, row) => value * after[row]!) : offsets };
}

/** What the values that a Clip makes can't be above, by their names. */
export function upperBounds(graph: Graph): ReadonlyMap<string, number> {
  const constantOf = constantsOf(graph);
  return new Map(
    graph.nodes.flatMap(({ op, inputs, outputs }) => {
      const bound = op === "Clip" ? constantOf(inputs[2] ?? "")?.values()[0] : undefined;
      return bound === undefined ? [] : [[outputs[0]!, bound] as const];
    }),
  );
}

export function readersOf(graph: Graph): ReadonlyMap<string, readonly GraphNode[]> {
  const readers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const name of node.inputs) {
      const known = readers.get(name);
      if (known) known.push(node);
      else readers.set(name, [node]);
    }
  }
  return readers;
}
