import type { Graph } from "../types.js";
import { Tape } from "./tape.js";

/** A graph that says how large its values are, and how to read what it says. */
export interface SizesGraph {
  readonly graph: Graph;
  /** Name of the value by the name of the output, f32 [rank], that has its sizes. */
  readonly values: ReadonlyMap<string, string>;
}

/** The same graph, whose outputs are the sizes of all its values: run it with a batch of two. */
export function sizesGraph(graph: Graph): SizesGraph {
  const tape = new Tape(graph, new Map(), () => true, "sizes/");
  const values = new Map<string, string>();
  const made = graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ""));
  for (const name of [...graph.inputs.map(({ name }) => name), ...made]) {
    values.set(tape.node("Cast", [tape.node("Shape", [name])], { to: 1 }), name);
  }
  const outputs = [...values.keys()].map((name, i) => ({ name, type: "f32" as const, shape: [`rank_${i}`] }));
  return { graph: { ...graph, nodes: [...graph.nodes, ...tape.nodes], outputs }, values };
}
