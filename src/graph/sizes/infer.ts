import { intsIn } from "../attributes.js";
import type { Dimension, Graph, Port } from "../types.js";
import { COMPUTE_RULES } from "./compute-rules.js";
import { type Known, product, type SizeRule } from "./known.js";
import { SHAPE_RULES } from "./shape-rules.js";

const RULES: Readonly<Record<string, SizeRule>> = { ...SHAPE_RULES, ...COMPUTE_RULES };

/** Lists of sizes are shorter than this; other whole numbers are not followed. */
const MOST_INTS = 64;

/**
 * What free sizes are taken for in turn, a row each: above 1, as a size of 1 is repeated, and small, as a text is no longer than its
 * model reads. What is equal in all trials is equal always; no two sums or products of a few sizes are.
 */
const TRIALS = [
  [2, 3, 4, 2, 4, 3, 2],
  [3, 2, 2, 4, 4, 4, 3],
  [4, 4, 3, 3, 2, 2, 2],
  [3, 4, 2, 3, 2, 4, 4],
] as const;

/** What is known of the weights, whatever the free sizes are. */
function knownWeights({ weights }: Graph): Map<string, Known> {
  return new Map(
    weights.map((weight) => {
      const { name, type, dims, byteLength } = weight;
      const isList = type === "i64" && byteLength <= 8 * MOST_INTS;
      return [name, { type, dims, ints: isList ? intsIn(weight) : undefined }];
    }),
  );
}

/** What is known of all values while each free size is some number. */
function knownWith(
  graph: Graph,
  weights: ReadonlyMap<string, Known>,
  sizeOf: (name: string) => number,
): Map<string, Known> {
  const known = new Map(weights);
  for (const { name, type, shape } of graph.inputs)
    known.set(name, {
      type,
      dims: shape.map((size, i) => (typeof size === "number" ? size : sizeOf(freeName(name, size, i)))),
    });
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => known.get(name));
    const isMissing = node.inputs.some((name, i) => name !== "" && !inputs[i]);
    const found = isMissing ? undefined : RULES[node.op]?.(node, inputs);
    for (const [i, name] of node.outputs.entries()) {
      const value = found?.[i];
      const isSound = value && Number.isInteger(product(value.dims)) && value.dims.every((size) => size > 0);
      if (name !== "" && isSound) known.set(name, value);
    }
  }
  return known;
}

/** A free size; one without a name of its own ("?") is like no other. */
function freeName(input: string, size: string, axis: number): string {
  return size === "?" ? `${input}.${axis}` : size;
}

/**
 * Types and sizes of the values inside a graph, as far as its operators' rules tell them: a size that hangs on the inputs has the
 * same name wherever it is the same. Without them ONNX Runtime takes each such size for another one, finds no two values alike
 * whose memory it could share, and compares them all: opening a text tower took it twice as long.
 */
export function inferSizes(graph: Graph): Port[] {
  const names = [
    ...new Set(
      graph.inputs.flatMap(({ name, shape }) =>
        shape.flatMap((size, i) => (typeof size === "string" ? [freeName(name, size, i)] : [])),
      ),
    ),
  ];
  if (names.length > TRIALS.length) return [];
  const weights = knownWeights(graph);
  const trials = TRIALS[0].map((_, trial) =>
    knownWith(graph, weights, (name) => TRIALS[names.indexOf(name)]![trial]!),
  );
  const named = new Map(names.map((name, i) => [TRIALS[i]!.join(), name]));
  const dimension = (sizes: readonly number[]): Dimension => {
    if (sizes.every((size) => size === sizes[0])) return sizes[0]!;
    const key = sizes.join();
    const name = named.get(key) ?? `size_${named.size}`;
    named.set(key, name);
    return name;
  };
  const outside = new Set(graph.outputs.map(({ name }) => name));
  const ports: Port[] = [];
  for (const name of graph.nodes.flatMap(({ outputs }) => outputs)) {
    const found = trials.map((trial) => trial.get(name));
    const [first] = found;
    if (!first || outside.has(name)) continue;
    if (!found.every((one) => one?.type === first.type && one.dims.length === first.dims.length)) continue;
    const shape = first.dims.map((_, axis) => dimension(found.map((one) => one!.dims[axis]!)));
    ports.push({ name, type: first.type, shape });
  }
  return ports;
}
