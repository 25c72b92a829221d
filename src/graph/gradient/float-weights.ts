import { constantsOf } from "../constants.js";
import { prune } from "../prune.js";
import type { Graph, Weight } from "../types.js";

/**
 * The same graph, whose large constants are weights in 32-bit floats under the names that its operators know: bytes and
 * half floats that it would widen and scale when it runs are so already.
 */
export function withFloatWeights(graph: Graph): Graph {
  const constantOf = constantsOf(graph);
  const made = new Map<string, Weight>();
  for (const { outputs } of graph.nodes) {
    const [name] = outputs;
    const constant = name === undefined ? undefined : constantOf(name);
    if (name === undefined || !constant) continue;
    const byteLength = 4 * constant.dims.reduce((product, size) => product * size, 1);
    const read = (): Uint8Array => new Uint8Array(constant.values().buffer, 0, byteLength);
    made.set(name, { name, type: "f32", dims: constant.dims, byteLength, read });
  }
  const nodes = graph.nodes.filter(({ outputs }) => !made.has(outputs[0] ?? ""));
  return prune({ ...graph, nodes, weights: [...graph.weights, ...made.values()] });
}
