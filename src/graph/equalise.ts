import type { Site } from "./quantise-sites.js";
import { bytesOf } from "./quantised-weight.js";
import type { Graph, GraphNode, Weight } from "./types.js";

/** How far a layer norm's result goes: 4 standard deviations hold all but 1 in 16,000 of normally distributed numbers. */
const DEVIATIONS = 4;

/** Channels are scaled by no more than this, so that one without any weight does not upset the others. */
const MOST = 64;

/** A layer norm that products read. */
interface Entry {
  readonly norm: GraphNode;
  readonly scale: Weight;
  readonly bias: Weight;
  readonly products: readonly Site[];
  /** True where nothing else reads it. */
  readonly alone: boolean;
}

/**
 * The graph with what products read of layer norms brought to channels of like sizes: what a channel is divided by, the
 * matrices' rows are multiplied by, so that the results stay. A few loud channels then no longer decide how coarsely all
 * others are rounded. Where nothing else reads a norm its own scale and bias are divided; where a residual does (layers that
 * are normed after their sum, as BERT's) the products read a copy. The idea is SmoothQuant's (arXiv 2211.10438, its alpha
 * is ½ here too), without its pictures: a norm's own scale and bias say how loud its channels can be.
 */
export function equalise(graph: Graph, products: readonly Site[]): Graph {
  const replaced = new Map<GraphNode, readonly GraphNode[]>();
  const added: Weight[] = [];
  for (const entry of entriesOf(graph, products)) {
    const { norm, scale, bias, alone } = entry;
    const result = norm.outputs[0]!;
    const factors = factorsOf(entry);
    const rows = {
      ...scale,
      name: `${result}.factors`,
      dims: [scale.dims[0]!, 1],
      read: () => bytesOf(factors()),
    };
    added.push(rows);
    if (alone) {
      const smaller = [scale, bias].map((weight) =>
        divided(weight, `${result}.divided.${weight.name}`, factors),
      );
      added.push(...smaller);
      replaced.set(norm, [{ ...norm, inputs: [norm.inputs[0]!, ...smaller.map(({ name }) => name)] }]);
    } else {
      const one = { ...scale, read: () => bytesOf(new Float32Array(scale.dims[0]!).fill(1)) };
      const shares = divided(one, `${result}.shares`, factors);
      added.push(shares);
      replaced.set(norm, [norm, multiply(result, shares.name, `${result}.even`)]);
    }
    for (const { node } of entry.products)
      replaced.set(node, withRowsScaled(node, rows.name, alone ? result : `${result}.even`));
  }
  const nodes = graph.nodes.flatMap((node) => replaced.get(node) ?? [node]);
  return { ...graph, nodes, weights: [...graph.weights, ...added] };
}

function entriesOf(graph: Graph, products: readonly Site[]): Entry[] {
  const weights = new Map(graph.weights.map((weight) => [weight.name, weight]));
  const byNode = new Map(products.map((product) => [product.node, product]));
  const readers = new Map<string, { readonly node: GraphNode; readonly at: number }[]>();
  for (const node of graph.nodes) {
    for (const [at, name] of node.inputs.entries()) {
      const known = readers.get(name);
      if (known) known.push({ node, at });
      else readers.set(name, [{ node, at }]);
    }
  }
  const outputs = new Set(graph.outputs.map((output) => output.name));
  return graph.nodes.flatMap((norm) => {
    const [scale, bias] = [weights.get(norm.inputs[1] ?? ""), weights.get(norm.inputs[2] ?? "")];
    if (norm.op !== "LayerNormalization" || scale?.type !== "f32" || bias?.type !== "f32") return [];
    const all = readers.get(norm.outputs[0]!) ?? [];
    const own = all.flatMap(({ node, at }) => (at === 0 ? (byNode.get(node) ?? []) : []));
    const alone = own.length === all.length && !outputs.has(norm.outputs[0]!);
    return own.length === 0 ? [] : [{ norm, scale, bias, products: own, alone }];
  });
}

/** The product of rows `x` and the matrix whose rows are multiplied by factors. */
function withRowsScaled(node: GraphNode, factors: string, x: string): GraphNode[] {
  const [, matrix, ...rest] = node.inputs as [string, string, ...string[]];
  const scaled = `${node.outputs[0]}.matrix`;
  return [multiply(matrix, factors, scaled), { ...node, inputs: [x, scaled, ...rest] }];
}

function multiply(a: string, b: string, result: string): GraphNode {
  return { op: "Mul", domain: "", inputs: [a, b], outputs: [result], attributes: {} };
}

function divided(weight: Weight, name: string, by: () => Float32Array): Weight {
  const read = (): Uint8Array => bytesOf(floatsOf(weight).map((value, i) => value / by()[i]!));
  return { ...weight, name, read };
}

/** Per channel, the root of how loud it is over how large its row of the matrices is; 1 in the middle. Computed once. */
function factorsOf({ scale, bias, products }: Entry): () => Float32Array {
  let factors: Float32Array | undefined;
  const compute = (): Float32Array => {
    const largest = largestOfRows(products);
    const [scales, biases] = [floatsOf(scale), floatsOf(bias)];
    const wanted = largest.map((size, i) => {
      const loud = DEVIATIONS * Math.abs(scales[i]!) + Math.abs(biases[i]!);
      return loud > 0 && size > 0 ? Math.sqrt(loud / size) : 1;
    });
    const middle = Math.exp(wanted.reduce((sum, value) => sum + Math.log(value), 0) / wanted.length);
    return wanted.map((value) => Math.min(MOST, Math.max(1 / MOST, value / middle)));
  };
  return () => {
    factors ??= compute();
    return factors;
  };
}

/** The largest size in each row of matrices that have as many rows. */
function largestOfRows(products: readonly Site[]): Float32Array {
  const largest = new Float32Array(products[0]!.matrix.dims[0]!);
  for (const { matrix } of products) {
    const values = matrix.values();
    const columns = matrix.dims[1]!;
    for (let row = 0, at = 0; row < largest.length; row++) {
      let most = largest[row]!;
      for (const end = at + columns; at < end; at++) most = Math.max(most, Math.abs(values[at]!));
      largest[row] = most;
    }
  }
  return largest;
}

function floatsOf(weight: Weight): Float32Array {
  // A copy is aligned, whatever the bytes lie in.
  return new Float32Array(new Uint8Array(weight.read()).buffer);
}
