import type { Graph, GraphNode, Port, Weight } from "../graph/types.js";
import { FEATURES, type FloatTower } from "./tower.js";

/** Names of what the graphs below take and give, beside the pixels. */
export const LABELS = "labels";
export const TARGETS = "targets";
export const ANCHORS = "anchors";
export const LOSS = "loss";
export const LOGITS = "logits";
export const UNIT = "unit";

const f32 = (name: string, shape: Port["shape"]): Port => ({ name, type: "f32", shape });

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: GraphNode["attributes"] = {},
): GraphNode => {
  return { op, domain: "", inputs, outputs: [output], attributes };
};

const unitLength = node("LpNormalization", [FEATURES], UNIT, { axis: -1, p: 2 });

function constant(
  name: string,
  type: "f32" | "i64",
  values: Float32Array | BigInt64Array,
  dims: readonly number[],
): Weight {
  const bytes = new Uint8Array(values.buffer);
  return { name, type, dims, byteLength: bytes.length, read: () => bytes };
}

const AXIS = constant("objective/axis", "i64", BigInt64Array.of(1n), [1]);

/**
 * The tower with the cross-entropy of its answers: also takes `labels` f32 [dim, k] (unit vectors of texts) and `targets` f32 [n, k]
 * (shares that sum to 1); gives `logits` f32 [n, k], `unit` f32 [n, dim] and `loss` f32 [n].
 */
export function crossEntropy({ graph, dim }: FloatTower, logitScale: number): Graph {
  return {
    ...graph,
    inputs: [...graph.inputs, f32(LABELS, [dim, "k"]), f32(TARGETS, ["n", "k"])],
    outputs: [f32(LOGITS, ["n", "k"]), f32(UNIT, ["n", dim]), f32(LOSS, ["n"])],
    weights: [...graph.weights, AXIS, constant("objective/scale", "f32", Float32Array.of(logitScale), [])],
    nodes: [
      ...graph.nodes,
      unitLength,
      node("MatMul", [UNIT, LABELS], "objective/cosines"),
      node("Mul", ["objective/cosines", "objective/scale"], LOGITS),
      node("LogSoftmax", [LOGITS], "objective/shares", { axis: -1 }),
      node("Mul", [TARGETS, "objective/shares"], "objective/kept"),
      node("ReduceSum", ["objective/kept", AXIS.name], "objective/likelihood", { keepdims: 0 }),
      node("Neg", ["objective/likelihood"], LOSS),
    ],
  };
}

/**
 * The tower with how far its features are from others: also takes `anchors` f32 [n, dim], unit vectors; gives `unit` f32 [n, dim] and
 * `loss` f32 [n], the squared distance.
 */
export function squaredDistance({ graph, dim }: FloatTower): Graph {
  return {
    ...graph,
    inputs: [...graph.inputs, f32(ANCHORS, ["n", dim])],
    outputs: [f32(UNIT, ["n", dim]), f32(LOSS, ["n"])],
    weights: [...graph.weights, AXIS],
    nodes: [
      ...graph.nodes,
      unitLength,
      node("Sub", [UNIT, ANCHORS], "objective/difference"),
      node("Mul", ["objective/difference", "objective/difference"], "objective/squares"),
      node("ReduceSum", ["objective/squares", AXIS.name], LOSS, { keepdims: 0 }),
    ],
  };
}
