import { ClipError } from "../../errors.js";
import { withFloatWeights } from "../../graph/gradient/float-weights.js";
import type { Graph, GraphNode } from "../../graph/types.js";
import type { FloatTower } from "../tower.js";

/** A tower whose weights are 32-bit floats, and which of them training changes. */
export interface Learnt {
  readonly tower: FloatTower;
  readonly names: readonly string[];
}

/** Inputs of an operator at which a weight is learnt. */
function places({ op, attributes, inputs }: GraphNode): readonly string[] {
  switch (op) {
    case "Conv":
      // Kernels of single channels are a hundredth of all weights, and the dearest to differentiate by; with them and their biases fixed
      // ONNX Runtime computes such a convolution many times as fast.
      return (attributes["group"] ?? 1) === 1 ? inputs.slice(1) : [];
    case "MatMul":
    case "FusedMatMul":
    case "Gemm":
    case "Add":
      return inputs;
    case "LayerNormalization":
      return inputs.slice(1);
    default:
      return [];
  }
}

/** A tower → the same with the weights that are learnt by name: matrices, kernels over all channels, biases, norms. Raises `graph.gradient`. */
export function learntWeights(tower: FloatTower): Learnt {
  const graph = withFloatWeights(tower.graph);
  const floats = new Set(graph.weights.filter(({ type }) => type === "f32").map(({ name }) => name));
  const names = new Set(graph.nodes.flatMap((node) => places(node).filter((name) => floats.has(name))));
  if (names.size === 0)
    throw new ClipError(
      "graph.gradient",
      "Expected a tower with weights in floats but it has none that can be learnt.",
    );
  return { tower: { ...tower, graph }, names: [...names] };
}

/** Values of weights, f32, by name; copies that may be changed. */
export function valuesOf({ weights }: Graph, names: readonly string[]): Map<string, Float32Array> {
  const wanted = new Set(names);
  const entries = weights
    .filter(({ name }) => wanted.has(name))
    .map(({ name, read }): [string, Float32Array] => [name, new Float32Array(new Uint8Array(read()).buffer)]);
  return new Map(entries);
}

/** A graph with other values in some of its weights. */
export function withValues(graph: Graph, values: ReadonlyMap<string, Float32Array>): Graph {
  const weights = graph.weights.map((weight) => {
    const own = values.get(weight.name);
    return own
      ? { ...weight, read: () => new Uint8Array(own.buffer, own.byteOffset, own.byteLength) }
      : weight;
  });
  return { ...graph, weights };
}
