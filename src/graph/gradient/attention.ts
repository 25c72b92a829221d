import { numberOf } from "../attributes.js";
import type { Graph, GraphNode } from "../types.js";
import { noGradient, type Sizes, Tape } from "./tape.js";

/** The same graph whose attention is made of operators that have derivatives. `sizes`: of the values that go into it. */
export function withPlainAttention(graph: Graph, sizes: Sizes): Graph {
  if (!graph.nodes.some(({ op }) => op === "MultiHeadAttention")) return graph;
  const tape = new Tape(graph, sizes, () => true, "attention/");
  const nodes: GraphNode[] = [];
  let taken = 0;
  for (const node of graph.nodes) {
    if (node.op !== "MultiHeadAttention") {
      nodes.push(node);
      continue;
    }
    const made = plain(node, tape);
    nodes.push(...tape.nodes.slice(taken));
    taken = tape.nodes.length;
    nodes.push({ op: "Identity", domain: "", inputs: [made], outputs: node.outputs, attributes: {} });
  }
  return { ...graph, nodes, weights: [...graph.weights, ...tape.weights] };
}

/** softmax(q · kᵀ / √(d / heads)) · v by head, of [n, l, d] and twice [n, m, d], a bias [3d] added first. */
function plain(node: GraphNode, tape: Tape): string {
  const [q, k, v, bias, ...more] = node.inputs as [string, string, string, string | undefined, ...string[]];
  if (more.some((name) => name !== "")) throw noGradient(node, "with a mask");
  const heads = numberOf(node, "num_heads", 1);
  const width = tape.sizesOf(q).at(-1)!;
  const part = (x: string, i: number): string => {
    const own = bias ? tape.add(x, tape.slice(bias, [i * width], [(i + 1) * width], [0])) : x;
    return tape.transpose(tape.reshape(own, [0, 0, heads, width / heads]), [0, 2, 1, 3]);
  };
  const scale = numberOf(node, "scale", 0) || 1 / Math.sqrt(width / heads);
  const scores = tape.product(part(q, 0), part(k, 1), false, true, scale);
  const shares = tape.node("Softmax", [scores], { axis: -1 });
  const mixed = tape.transpose(tape.product(shares, part(v, 2)), [0, 2, 1, 3]);
  return tape.reshape(mixed, [0, 0, width]);
}
