import { type Constant, constantsOf } from "./constants.js";
import type { Graph, GraphNode } from "./types.js";

/**
 * Fewer numbers than this are left as they are: positions, norms and biases. All of them together are under 1 % of a
 * tower, and a matrix as small takes no time that is worth rounding for.
 */
const FEWEST = 1 << 16;

/** A product with a constant matrix (MatMul, Gemm), or rows read from one (Gather). */
export interface Site {
  readonly node: GraphNode;
  readonly matrix: Constant;
}

/**
 * Where a graph uses matrices that are worth storing as int8, in running order. The product that makes an output is left
 * out, and so are those of what a picture or a prompt was pooled to: one row each takes under 1 % of the time, and its rounding
 * would meet the features undampened.
 */
export function quantisableSites(graph: Graph): Site[] {
  const constantOf = constantsOf(graph);
  const pooled = pooledValues(graph);
  const last = new Set(graph.outputs.map((output) => output.name));
  for (const { op, inputs, outputs } of graph.nodes)
    if (op === "Identity" && last.has(outputs[0]!)) last.add(inputs[0]!);
  return graph.nodes.flatMap((node) => {
    const [matrixName, otherName] = isGather(node) ? node.inputs : [node.inputs[1], node.inputs[0]];
    if (!(isGather(node) || isProduct(node)) || last.has(node.outputs[0]!)) return [];
    if (pooled.has(otherName ?? "")) return [];
    const matrix = constantOf(matrixName ?? "");
    if (matrix?.dims.length !== 2 || constantOf(otherName ?? "")) return [];
    return matrix.dims[0]! * matrix.dims[1]! < FEWEST ? [] : [{ node, matrix }];
  });
}

/** Values that are made of averages, sums or largest numbers over all places, and of nothing else that flows. */
function pooledValues(graph: Graph): ReadonlySet<string> {
  const constants = new Set(graph.weights.map(({ name }) => name));
  const pooled = new Set<string>();
  for (const { op, inputs, outputs, attributes } of graph.nodes) {
    const flowing = inputs.filter((name) => name !== "" && !constants.has(name));
    const pools = /^Global\w+Pool$/.test(op) || (/^Reduce/.test(op) && attributes["keepdims"] === 0);
    if (flowing.length === 0) for (const name of outputs) constants.add(name);
    else if (pools || flowing.every((name) => pooled.has(name))) for (const name of outputs) pooled.add(name);
  }
  return pooled;
}

/** Reads whole rows. */
export function isGather({ op, attributes: { axis } }: GraphNode): boolean {
  return op === "Gather" && (axis ?? 0) === 0;
}

/** A · B or A · B + C with nothing transposed or scaled. */
function isProduct({ op, attributes }: GraphNode): boolean {
  return op === "MatMul" || (op === "Gemm" && Object.keys(attributes).length === 0);
}
