import { activations, type ConvSite, convSites, readersOf } from "./conv-sites.js";
import type { Graph, GraphNode } from "./types.js";

/**
 * The convolutions whose sums stay f32, channels last: one place at a time, and read by more than convolutions. They are
 * what is added to a residual stream, whose rounding every later layer would see, and are few numbers beside the
 * channels between.
 */
export function floatSites(graph: Graph, sites: ReadonlyMap<GraphNode, ConvSite>): ReadonlySet<GraphNode> {
  const readers = readersOf(graph);
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const floats = new Set<GraphNode>();
  for (const [node, site] of sites) {
    const onlyCodes = (readers.get(site.result) ?? []).every((next) => sites.has(next) || isPool(next));
    if (isPointwise(site) && (outputs.has(site.result) || !onlyCodes)) floats.add(node);
  }
  return floats;
}

/** Values whose channels are held in the same sizes, as sums and averages join them. */
export interface ScalableGroup {
  readonly values: readonly string[];
  /** The convolutions that read any of them. */
  readonly readers: readonly ConvSite[];
}

/**
 * Values between convolutions whose channels may be held in other sizes: all that made them can make them so for nothing.
 * What is cut off at a number above zero can't.
 */
export function scalableGroups(graph: Graph): readonly ScalableGroup[] {
  const sites = convSites(graph);
  const activationOf = activations(graph);
  const heads = new Map<string, string>();
  const headOf = (name: string): string => {
    const head = heads.get(name);
    return head === undefined || head === name ? name : headOf(head);
  };
  const bound = new Set<string>();
  const held = new Set<string>();
  const join = (values: readonly string[]): void => {
    for (const value of values) heads.set(headOf(value), headOf(values[0]!));
  };
  for (const node of graph.nodes) {
    const output = node.outputs[0]!;
    const next = activationOf(output);
    const result = next?.outputs[0] ?? output;
    const site = sites.get(node);
    if (site) {
      held.add(result);
      if (next?.op === "Clip") bound.add(result);
    } else if ((node.op === "Add" || isPool(node)) && node.inputs.every((name) => held.has(name))) {
      held.add(result);
      join([...node.inputs, result]);
      if (next?.op === "Clip") bound.add(result);
    }
  }
  const refused = new Set([...bound].map(headOf));
  const groups = new Map<string, { values: string[]; readers: ConvSite[] }>();
  for (const value of held) {
    const head = headOf(value);
    if (refused.has(head)) continue;
    const group = groups.get(head) ?? { values: [], readers: [] };
    group.values.push(value);
    groups.set(head, group);
  }
  for (const site of sites.values()) groups.get(headOf(site.node.inputs[0]!))?.readers.push(site);
  return [...groups.values()].filter(({ readers }) => readers.length > 0);
}

export function isPool({ op }: GraphNode): boolean {
  return op === "AveragePool";
}

/** Each place by itself: rows of channels times a matrix. */
function isPointwise({ node: { attributes }, kernel: { dims }, groups }: ConvSite): boolean {
  const all = (name: string, wanted: number): boolean => {
    const value = attributes[name];
    return !Array.isArray(value) || value.every((number) => number === wanted);
  };
  return groups === 1 && dims[2] === 1 && dims[3] === 1 && all("strides", 1) && all("pads", 0);
}
