import { Additions } from "./additions.js";
import { floatSites, isPool } from "./conv-flow.js";
import { activations, type ConvSite, convSites, type Gains } from "./conv-sites.js";
import { type Codes, HeldValues } from "./held-values.js";
import { prune } from "./prune.js";
import type { RoundedKernel } from "./round-kernel.js";
import { StaticKernels } from "./static-kernels.js";
import type { Graph, GraphNode } from "./types.js";

export interface RewritingOptions {
  /** Kernels that were rounded with a look at what they are multiplied by, by the name of the convolution's result. */
  readonly kernels?: ReadonlyMap<string, RoundedKernel>;
  readonly gains?: Gains;
  /** Names of weights (as `quantisableConvs` gives them) that stay as they are. */
  readonly keep?: ReadonlySet<string>;
}

/** Goes once through a graph and makes it anew, with its convolutions and what is between them in whole numbers. */
export class StaticRewriting {
  /** Those that become int8. */
  readonly #sites: ReadonlyMap<GraphNode, ConvSite>;
  /** Of these, those whose sums stay f32. */
  readonly #floatSites: ReadonlySet<GraphNode>;
  readonly #activationOf: (name: string) => GraphNode | undefined;
  readonly #gains: Gains;
  readonly #additions = new Additions();
  readonly #held: HeldValues;
  readonly #kernels: StaticKernels;
  readonly #skipped = new Set<GraphNode>();

  constructor(
    readonly graph: Graph,
    { keep, kernels = new Map(), gains = new Map() }: RewritingOptions,
    rangeOf: (name: string) => readonly [number, number],
  ) {
    this.#sites = new Map([...convSites(graph)].filter(([, site]) => !keep?.has(site.kernel.weight.name)));
    this.#floatSites = floatSites(graph, this.#sites);
    this.#activationOf = activations(graph);
    this.#gains = gains;
    this.#held = new HeldValues(this.#additions, gains, rangeOf);
    this.#kernels = new StaticKernels(this.#additions, gains, kernels);
  }

  run(): Graph {
    for (const value of [...this.graph.inputs, ...this.graph.weights]) this.#held.addFloat(value.name);
    for (const node of this.graph.nodes) {
      if (this.#skipped.has(node)) continue;
      if (!this.#convolve(node) && !this.#add(node) && !this.#pool(node)) this.#copy(node);
    }
    for (const { name } of this.graph.outputs) this.#held.float(name);
    const weights = [...this.graph.weights, ...this.#additions.weights];
    return prune({ ...this.graph, nodes: this.#additions.nodes, weights });
  }

  #convolve(node: GraphNode): boolean {
    const site = this.#sites.get(node);
    if (!site) return false;
    const x = this.#held.codes(node.inputs[0]!);
    if (this.#floatSites.has(node)) {
      this.#multiply(site, x);
      return true;
    }
    const y = this.#result(node);
    const { codes, scales, zeros, bias } = this.#kernels.kernel(site, x);
    const { kernel_shape, ...attributes } = node.attributes;
    this.#additions.node(
      "QLinearConv",
      [x.name, ...this.#held.parameters(x), codes, scales, zeros, ...this.#held.parameters(y), bias],
      y.name,
      { ...attributes, kernel_shape: site.kernel.dims.slice(2), channels_last: 1 },
    );
    return true;
  }

  /** The same as a product of rows of channels, whose sums stay f32. */
  #multiply(site: ConvSite, x: Codes): void {
    const { codes, scales, offsets } = this.#kernels.matrix(site, x);
    const sums = `${site.node.outputs[0]}.rows`;
    const [scale, zero] = this.#held.parameters(x);
    this.#additions.node("MatMulIntegerToFloat", [x.name, codes, scale, scales, zero, "", offsets], sums);
    this.#activated(site.node, sums);
  }

  /** A sum of two values of which one is not held as the graph had it: f32, as rounding it would be seen by all later layers. */
  #add(node: GraphNode): boolean {
    const held = this.#held;
    if (node.op !== "Add" || !node.inputs.some((name) => held.isOtherwise(name))) return false;
    const gains = new Set([...node.inputs, this.#resultOf(node)].map((name) => this.#gains.get(name)));
    if (gains.size > 1 || !node.inputs.every((name) => held.isThere(name))) return false;
    if (node.inputs.some((name) => this.#isWeight(name))) return false;
    const sums = `${node.outputs[0]}.rows`;
    const [a, b] = node.inputs.map((name) => held.rows(name)) as [string, string];
    this.#additions.node("Add", [a, b], sums, {}, "");
    this.#activated(node, sums);
    return true;
  }

  /** Holds rows that a node has made, after the activation that follows it and nothing else reads. */
  #activated(node: GraphNode, rows: string): void {
    const next = this.#activationOf(node.outputs[0]!);
    if (!next) {
      this.#held.addRows(node.outputs[0]!, rows);
      return;
    }
    this.#skipped.add(next);
    const [, ...bounds] = next.inputs;
    const result = `${next.outputs[0]}.rows`;
    this.#additions.node(next.op, [rows, ...bounds], result, next.attributes, next.domain);
    this.#held.addRows(next.outputs[0]!, result);
  }

  #resultOf(node: GraphNode): string {
    return (this.#activationOf(node.outputs[0]!) ?? node).outputs[0]!;
  }

  #isWeight(name: string): boolean {
    return this.graph.weights.some((weight) => weight.name === name);
  }

  #pool(node: GraphNode): boolean {
    const from = node.inputs[0]!;
    if (!isPool(node) || !this.#held.isOtherwise(from)) return false;
    const x = this.#held.codes(from);
    const y = this.#result(node);
    const inputs = [x.name, ...this.#held.parameters(x), ...this.#held.parameters(y)];
    this.#additions.node("QLinearAveragePool", inputs, y.name, { ...node.attributes, channels_last: 1 });
    return true;
  }

  #copy(node: GraphNode): void {
    for (const name of node.inputs) this.#held.float(name);
    this.#additions.nodes.push(node);
    for (const name of node.outputs) this.#held.addFloat(name);
  }

  /** What a node makes, after the activation that follows it and nothing else reads. */
  #result(node: GraphNode): Codes {
    const name = node.outputs[0]!;
    const next = this.#activationOf(name);
    if (!next) return this.#held.addCodes(name);
    this.#skipped.add(next);
    return this.#held.addCodes(next.outputs[0]!, 0);
  }
}
