import { ClipError } from "../../errors.js";
import { intsIn } from "../attributes.js";
import type { Graph, GraphNode, Weight } from "../types.js";

/**
 * A graph of convolutions that reads squares f32 [n, from, from, 3] → the same for squares of another side: parts that it cuts out of
 * [n, 3, from, from] are moved along. That it can be computed so shows when it is run: towers with positions can't.
 */
export function withSide(graph: Graph, from: number, to: number): Graph {
  if (from === to) return graph;
  const ints = new Map(
    graph.weights.filter(({ type }) => type === "i64").map((weight) => [weight.name, weight]),
  );
  const added: Weight[] = [];
  const scaled = (name: string): string => {
    const weight = ints.get(name);
    if (!weight)
      throw new ClipError("graph.gradient", `Expected parts with known places but ${name} is computed.`);
    const places = [...new BigInt64Array(new Uint8Array(weight.read()).buffer)];
    const moved = BigInt64Array.from(places, (place) => {
      // Beyond the square is its end, whatever its side.
      return Math.abs(Number(place)) > from ? place : BigInt(Math.round((Number(place) * to) / from));
    });
    const bytes = new Uint8Array(moved.buffer);
    const made = { ...weight, name: `${name}/${to}`, read: () => bytes };
    if (!added.some((one) => one.name === made.name)) added.push(made);
    return made.name;
  };
  const nodes = graph.nodes.map((node): GraphNode => {
    const [x, starts, ends, axes] = node.inputs;
    const along = node.op === "Slice" && axes ? ints.get(axes) : undefined;
    if (!along || !starts || !ends) return node;
    const list = intsIn(along);
    if (!list.every((axis) => axis === 2 || axis === 3)) return node;
    return { ...node, inputs: [x!, scaled(starts), scaled(ends), ...node.inputs.slice(3)] };
  });
  const inputs = graph.inputs.map((port) => {
    return { ...port, shape: port.shape.map((size) => (size === from ? to : size)) };
  });
  return { ...graph, inputs, nodes, weights: [...graph.weights, ...added] };
}
