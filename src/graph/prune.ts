import type { Graph, GraphNode } from "./types.js";

/** The graph without the nodes and weights that no output depends on. */
export function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name));
  const nodes: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  nodes.reverse();
  return { ...graph, nodes, weights: graph.weights.filter((weight) => needed.has(weight.name)) };
}
