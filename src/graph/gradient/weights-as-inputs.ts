import type { Graph } from "../types.js";

/** The same graph, into which some of its weights, f32, come from outside each time it is run. */
export function withWeightsAsInputs(graph: Graph, names: readonly string[]): Graph {
  const wanted = new Set(names);
  const inputs = graph.weights
    .filter(({ name }) => wanted.has(name))
    .map(({ name, type, dims }) => ({ name, type, shape: dims }));
  const weights = graph.weights.filter(({ name }) => !wanted.has(name));
  return { ...graph, weights, inputs: [...graph.inputs, ...inputs] };
}
