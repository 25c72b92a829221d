import { ClipError } from "../../errors.js";
import { prune } from "../prune.js";
import type { Graph, GraphNode } from "../types.js";
import { CONVS } from "./conv.js";
import { ELEMENTWISE } from "./elementwise.js";
import { NORMS } from "./norms.js";
import { PRODUCTS } from "./products.js";
import type { Rule } from "./rule.js";
import { SHAPES } from "./shapes.js";
import { type Sizes, Tape } from "./tape.js";

/** How each operator is differentiated. */
const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({ ...SHAPES, ...ELEMENTWISE, ...PRODUCTS, ...CONVS, ...NORMS }),
);

/** Operators whose result does not change with small changes of what goes in. */
const FLAT = new Set(["Shape", "Equal", "Greater", "Less", "ArgMax", "Size"]);

/** The name of the output that is the gradient by an input. */
export function gradientOf(input: string): string {
  return `gradient of ${input}`;
}

/** Names of all values that depend on some inputs by ways that have derivatives. */
function dependents(graph: Graph, inputs: readonly string[]): ReadonlySet<string> {
  const names = new Set(inputs);
  for (const { op, inputs, outputs } of graph.nodes) {
    if (FLAT.has(op) || !inputs.some((name) => names.has(name))) continue;
    for (const output of outputs) if (output !== "") names.add(output);
  }
  return names;
}

/**
 * A graph with the gradients of one of its values, of whatever shape, summed over all elements, by some of its inputs as
 * further outputs (`gradientOf`), by reverse-mode differentiation. `sizes` are those of every value that depends on the inputs.
 * Raises `graph.gradient` for an operator that has no derivative here, and where the value does not depend on an input.
 */
export function withGradients(graph: Graph, of: string, by: readonly string[], sizes: Sizes): Graph {
  const reached = dependents(graph, by);
  const makers = makersOf(graph);
  const wanted = ancestors(makers, of);
  const tape = new Tape(graph, sizes, (name) => reached.has(name) && wanted.has(name));
  const gradients = new Map<string, string>();
  const give = (name: string, gradient: string): void => {
    const known = gradients.get(name);
    gradients.set(name, known === undefined ? gradient : tape.add(known, gradient));
  };
  const one = tape.float(1);
  give(of, tape.expandLike(one, of));
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => tape.needs(name) && gradients.has(name))) continue;
    const parts = ruleOf(node)(
      node,
      node.outputs.map((name) => gradients.get(name)),
      tape,
    );
    for (const [i, name] of node.inputs.entries()) {
      const part = parts[i];
      if (part !== undefined && tape.needs(name)) give(name, part);
    }
  }
  const outputs = by.map((name) => {
    const gradient = gradients.get(name);
    const port = graph.inputs.find((input) => input.name === name);
    if (gradient !== undefined && port) return { gradient, port: { ...port, name: gradientOf(name) } };
    throw new ClipError("graph.gradient", `Expected ${of} to depend on the input ${name} but it does not.`);
  });
  const named = outputs.map(({ gradient, port }): GraphNode => {
    return { op: "Identity", domain: "", inputs: [gradient], outputs: [port.name], attributes: {} };
  });
  return prune({
    ...graph,
    outputs: [...graph.outputs, ...outputs.map(({ port }) => port)],
    weights: [...graph.weights, ...tape.weights],
    nodes: [...graph.nodes, ...tape.nodes, ...named],
  });
}

function ruleOf(node: GraphNode): Rule {
  const rule = RULES.get(node.op);
  if (rule) return rule;
  throw new ClipError(
    "graph.gradient",
    `Expected a graph that can be differentiated but it has ${node.op}, of which no derivative is known: open the model's fp32 form.`,
  );
}

function makersOf(graph: Graph): ReadonlyMap<string, GraphNode> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
}

/** All values that a value is made of, itself among them. */
function ancestors(makers: ReadonlyMap<string, GraphNode>, of: string): ReadonlySet<string> {
  const found = new Set([of]);
  for (const name of found)
    for (const input of makers.get(name)?.inputs ?? []) if (input !== "") found.add(input);
  return found;
}
