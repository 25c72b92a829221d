import { ClipError } from "../errors.js";
import { convSites } from "./conv-sites.js";
import type { Ranges } from "./held-values.js";
import { type RewritingOptions, StaticRewriting } from "./static-rewriting.js";
import type { Graph } from "./types.js";

export interface QuantiseConvsOptions extends RewritingOptions {
  /** Of all `calibrationPoints`. */
  readonly ranges: Ranges;
}

/** The names of the convolutions' weights, in running order. */
export function quantisableConvs(graph: Graph): readonly string[] {
  const sites = convSites(graph);
  return [...new Set(graph.nodes.flatMap((node) => sites.get(node)?.kernel.weight.name ?? []))];
}

/** Names of the values, f32 [n, channels, h, w], whose ranges `quantiseConvs` has to know. */
export function calibrationPoints(graph: Graph): readonly string[] {
  const points = new Set<string>();
  new StaticRewriting(graph, {}, (name) => {
    points.add(name);
    return [0, 1];
  }).run();
  return [...points];
}

/** The same graph with these values [?, ?, ?, ?] as further outputs. */
export function exposeValues(graph: Graph, names: readonly string[]): Graph {
  const known = new Set(graph.outputs.map((output) => output.name));
  const outputs = names
    .filter((name) => !known.has(name))
    .map((name, i) => ({
      name,
      type: "f32" as const,
      shape: ["n", `channels_${i}`, `height_${i}`, `width_${i}`],
    }));
  return { ...graph, outputs: [...graph.outputs, ...outputs] };
}

/**
 * The graph with its convolutions, and the sums and averages between them, in whole numbers: u8 [n, h, w, channels]
 * with one range a value, int8 kernels with one scale an output channel. Raises `graph.range` where one is missing.
 */
export function quantiseConvs(graph: Graph, options: QuantiseConvsOptions): Graph {
  return new StaticRewriting(graph, options, (name) => {
    const range = options.ranges.get(name);
    if (range) return range;
    throw new ClipError("graph.range", `Expected the range of ${name} but it was not calibrated.`);
  }).run();
}
