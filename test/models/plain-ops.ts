import { GraphBuilder } from "../../src/graph/builder.js";
import * as ops from "../../src/graph/ops.js";
import type { Attribute, Graph, GraphNode, Value } from "../../src/graph/types.js";

type Plain = (
  g: GraphBuilder,
  inputs: (Value | undefined)[],
  attributes: GraphNode["attributes"],
) => (Value | undefined)[];

const scalar = (g: GraphBuilder, value: number): Value =>
  g.floats(`scalar_${count++}`, Float32Array.of(value), []);
let count = 0;

const float = (attribute: Attribute | undefined): number => (attribute as { float: number }).float;
const sigmoid = (g: GraphBuilder, x: Value): Value => g.node("Sigmoid", [x]);

/** [n, l, d] → [n, heads, l, d / heads] */
function split(g: GraphBuilder, x: Value, heads: number, width: number): Value {
  return ops.transpose(g, ops.reshape(g, x, [0, 0, heads, width / heads]), [0, 2, 1, 3]);
}

/** Every fused operator that our graphs use, in ONNX's own operators, by its definition (ContribOperators.md). */
const PLAIN: Readonly<Record<string, Plain>> = {
  QuickGelu: (g, [x], { alpha }) => [
    ops.multiply(g, x!, sigmoid(g, ops.multiply(g, x!, scalar(g, float(alpha))))),
  ],
  Gelu: (g, [x]) => {
    const erf = g.node("Erf", [ops.multiply(g, x!, scalar(g, Math.SQRT1_2))]);
    return [ops.multiply(g, ops.multiply(g, x!, scalar(g, 0.5)), ops.add(g, erf, scalar(g, 1)))];
  },
  FusedMatMul: (g, [a, b], { alpha }) => {
    const turned = ops.transpose(g, b!, [0, 2, 1]);
    return [ops.multiply(g, ops.matMul(g, a!, turned), scalar(g, float(alpha)))];
  },
  MultiHeadAttention: (g, [q, k, v, bias, , mask], { num_heads, unidirectional }) => {
    const heads = num_heads as number;
    const width = 64;
    const parts = [q, k, v].map((x, i) => {
      const part = ops.slice(g, bias!, g.ints([i * width]), g.ints([(i + 1) * width]), 0);
      return split(g, ops.add(g, x!, part), heads, width);
    });
    const keys = ops.transpose(g, parts[1]!, [0, 1, 3, 2]);
    let scores = ops.multiply(g, ops.matMul(g, parts[0]!, keys), scalar(g, Math.sqrt(heads / width)));
    if (mask) scores = ops.add(g, scores, mask);
    if (unidirectional) {
      const square = g.node(
        "ConstantOfShape",
        [ops.slice(g, ops.shapeOf(g, scores), g.ints([2]), g.ints([4]), 0)],
        { type: "f32" },
      );
      const ones = ops.add(g, square, scalar(g, 1));
      const above = g.node("Trilu", [ones, g.ints(1)], { attributes: { upper: 1 } });
      scores = ops.add(g, scores, ops.multiply(g, above, scalar(g, -1e30)));
    }
    const heard = ops.transpose(g, ops.matMul(g, ops.softmax(g, scores), parts[2]!), [0, 2, 1, 3]);
    return [ops.reshape(g, heard, [0, 0, width])];
  },
};

/** The same graph without ONNX Runtime's own operators. Knows graphs of width 64 only. */
export function unfused(graph: Graph): Graph {
  const g = new GraphBuilder(graph.name);
  const values = new Map<string, Value>();
  for (const { name, type, shape } of graph.inputs) values.set(name, g.input(name, type, shape));
  for (const weight of graph.weights)
    values.set(weight.name, g.weight({ ...weight, name: `given_${weight.name}` }));
  for (const { op, domain, inputs, outputs, attributes } of graph.nodes) {
    const given = inputs.map((name) => values.get(name));
    const plain = domain === "" ? keep(op, outputs.length) : PLAIN[op];
    if (!plain) throw new Error(`${op} has no plain form here`);
    const made = plain(g, given, attributes);
    outputs.forEach((name, i) => {
      if (name) values.set(name, made[i]!);
    });
  }
  const { name, shape } = graph.outputs[0]!;
  g.output(values.get(name)!, "plain", shape);
  return g.finish();
}

const keep =
  (op: string, results: number): Plain =>
  (g, inputs, attributes) =>
    g.nodes(op, inputs, Array<boolean>(results).fill(true), { attributes, type: "f32" });
