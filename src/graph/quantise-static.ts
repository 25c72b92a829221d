import { ClipError } from "../errors.js";
import { floatSites, isPool } from "./conv-flow.js";
import { activations, type ConvSite, codeBounds, convSites, type Gains, scaledSite } from "./conv-sites.js";
import { prune } from "./prune.js";
import { type CodeBounds, rowCodes, rowScales } from "./quantise-rows.js";
import type { RoundedKernel } from "./round-kernel.js";
import type { Attribute, Graph, GraphNode, OnnxType, Weight } from "./types.js";

/** Smallest and largest value to hold, by the value's name. */
export type Ranges = ReadonlyMap<string, readonly [least: number, most: number]>;

export interface QuantiseConvsOptions {
  /** Of all `calibrationPoints`. */
  readonly ranges: Ranges;
  /** Kernels that were rounded with a look at what they are multiplied by, by the name of the convolution's result. */
  readonly kernels?: ReadonlyMap<string, RoundedKernel>;
  readonly gains?: Gains;
  /** Names of weights (as `quantisableConvs` gives them) that stay as they are. */
  readonly keep?: ReadonlySet<string>;
}

/** The names of the convolutions' weights, in running order. */
export function quantisableConvs(graph: Graph): readonly string[] {
  const sites = convSites(graph);
  return [...new Set(graph.nodes.flatMap((node) => sites.get(node)?.kernel.weight.name ?? []))];
}

/** Names of the values, f32 [n, channels, h, w], whose ranges `quantiseConvs` has to know. */
export function calibrationPoints(graph: Graph): readonly string[] {
  const points = new Set<string>();
  new Rewriting(graph, {}, (name) => {
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
 * with one range a value, int8 kernels with one scale an output channel.
 */
export function quantiseConvs(graph: Graph, options: QuantiseConvsOptions): Graph {
  return new Rewriting(graph, options, (name) => {
    const range = options.ranges.get(name);
    if (range) return range;
    throw new ClipError("graph.range", `Expected the range of ${name} but it was not calibrated.`);
  }).run();
}

/** What scales may not be under: a bias of more steps than an i32 holds would be of no use. `step` is the input's. */
export function leastScales(bias: Float32Array, step: number): Float64Array {
  return Float64Array.from(bias, (b) => Math.abs(b) / step / 2 ** 29);
}

/** The step between the codes of a range. */
export function stepOf([low, high]: readonly [number, number]): number {
  return Math.max(high - Math.min(0, low), 1e-6) / LEVELS;
}

const LEVELS = 255;

function plainly(values: Float32Array, bias: Float32Array, step: number, bounds: CodeBounds): RoundedKernel {
  const scales = rowScales(values, bias.length, leastScales(bias, step), bounds);
  return { codes: rowCodes(values, scales, bounds), scales, shift: new Float32Array(bias.length) };
}

/** A value in whole numbers: (code − zero) · scale. */
interface Codes {
  readonly name: string;
  readonly scale: number;
  readonly zero: number;
}

class Rewriting {
  /** Those that become int8. */
  readonly #sites: ReadonlyMap<GraphNode, ConvSite>;
  /** Of these, those whose sums stay f32. */
  readonly #floatSites: ReadonlySet<GraphNode>;
  readonly #activationOf: (name: string) => GraphNode | undefined;
  readonly #kernels: ReadonlyMap<string, RoundedKernel>;
  readonly #gains: Gains;
  readonly #codes = new Map<string, Codes>();
  /** Values that the new graph holds in f32 under their own name. */
  readonly #floats = new Set<string>();
  /** Values that it holds in f32 [n, h, w, channels], multiplied by their gains, and what they are called there. */
  readonly #rows = new Map<string, string>();
  readonly #nodes: GraphNode[] = [];
  readonly #weights = new Map<string, Weight>();
  readonly #skipped = new Set<GraphNode>();

  constructor(
    readonly graph: Graph,
    { keep, kernels, gains }: Omit<QuantiseConvsOptions, "ranges">,
    readonly rangeOf: (name: string) => readonly [number, number],
  ) {
    this.#sites = new Map([...convSites(graph)].filter(([, site]) => !keep?.has(site.kernel.weight.name)));
    this.#floatSites = floatSites(graph, this.#sites);
    this.#activationOf = activations(graph);
    this.#kernels = kernels ?? new Map();
    this.#gains = gains ?? new Map();
  }

  run(): Graph {
    for (const value of [...this.graph.inputs, ...this.graph.weights]) this.#floats.add(value.name);
    for (const node of this.graph.nodes) {
      if (this.#skipped.has(node)) continue;
      if (!this.#convolve(node) && !this.#add(node) && !this.#pool(node)) this.#copy(node);
    }
    for (const { name } of this.graph.outputs) this.#float(name);
    const weights = [...this.graph.weights, ...this.#weights.values()];
    return prune({ ...this.graph, nodes: this.#nodes, weights });
  }

  #convolve(node: GraphNode): boolean {
    const site = this.#sites.get(node);
    if (!site) return false;
    const x = this.#quantised(node.inputs[0]!);
    if (this.#floatSites.has(node)) {
      this.#multiply(site, x);
      return true;
    }
    const y = this.#result(node);
    const { codes, scales, zeros, bias } = this.#kernel(site, x);
    const { kernel_shape, ...attributes } = node.attributes;
    this.#push(
      "QLinearConv",
      [x.name, ...this.#parameters(x), codes, scales, zeros, ...this.#parameters(y), bias],
      y.name,
      { ...attributes, kernel_shape: site.kernel.dims.slice(2), channels_last: 1 },
    );
    return true;
  }

  /** The same as a product of rows of channels, whose sums stay f32. */
  #multiply(site: ConvSite, x: Codes): void {
    const { codes, scales, offsets } = this.#matrix(site, x);
    const sums = `${site.node.outputs[0]}.rows`;
    const [scale, zero] = this.#parameters(x);
    this.#push("MatMulIntegerToFloat", [x.name, codes, scale, scales, zero, "", offsets], sums);
    this.#activated(site.node, sums);
  }

  /** A sum of two values of which one is not held as the graph had it: f32, as rounding it would be seen by all later layers. */
  #add(node: GraphNode): boolean {
    if (node.op !== "Add" || !node.inputs.some((name) => this.#rows.has(name) || this.#codes.has(name)))
      return false;
    const isHeld = (name: string): boolean =>
      [this.#rows, this.#codes, this.#floats].some((held) => held.has(name));
    const gains = new Set([...node.inputs, this.#resultOf(node)].map((name) => this.#gains.get(name)));
    if (gains.size > 1 || !node.inputs.every(isHeld) || node.inputs.some((name) => this.#isWeight(name)))
      return false;
    const sums = `${node.outputs[0]}.rows`;
    const [a, b] = node.inputs.map((name) => this.#inRows(name)) as [string, string];
    this.#push("Add", [a, b], sums, {}, "");
    this.#activated(node, sums);
    return true;
  }

  /** Holds rows that a node has made, after the activation that follows it and nothing else reads. */
  #activated(node: GraphNode, rows: string): void {
    const next = this.#activationOf(node.outputs[0]!);
    if (!next) {
      this.#rows.set(node.outputs[0]!, rows);
      return;
    }
    this.#skipped.add(next);
    const [, ...bounds] = next.inputs;
    const result = `${next.outputs[0]}.rows`;
    this.#push(next.op, [rows, ...bounds], result, next.attributes, next.domain);
    this.#rows.set(next.outputs[0]!, result);
  }

  #resultOf(node: GraphNode): string {
    return (this.#activationOf(node.outputs[0]!) ?? node).outputs[0]!;
  }

  #isWeight(name: string): boolean {
    return this.graph.weights.some((weight) => weight.name === name);
  }

  #pool(node: GraphNode): boolean {
    const from = node.inputs[0]!;
    if (!isPool(node) || !(this.#codes.has(from) || this.#rows.has(from))) return false;
    const x = this.#quantised(from);
    const y = this.#result(node);
    this.#push("QLinearAveragePool", [x.name, ...this.#parameters(x), ...this.#parameters(y)], y.name, {
      ...node.attributes,
      channels_last: 1,
    });
    return true;
  }

  #copy(node: GraphNode): void {
    for (const name of node.inputs) this.#float(name);
    this.#nodes.push(node);
    for (const name of node.outputs) this.#floats.add(name);
  }

  /** What a node makes, after the activation that follows it and nothing else reads. */
  #result(node: GraphNode): Codes {
    const name = node.outputs[0]!;
    const next = this.#activationOf(name);
    if (!next) return this.#hold(name, Number.NEGATIVE_INFINITY);
    this.#skipped.add(next);
    return this.#hold(next.outputs[0]!, 0);
  }

  #hold(name: string, floor: number): Codes {
    const [low, high] = this.rangeOf(name);
    const least = Math.min(0, Math.max(low, floor));
    const scale = stepOf([least, high]);
    const codes = { name: `${name}.u8`, scale, zero: Math.round(-least / scale) };
    this.#codes.set(name, codes);
    return codes;
  }

  /** The value in whole numbers; what the graph holds in f32 is rounded. */
  #quantised(name: string): Codes {
    const known = this.#codes.get(name);
    if (known) return known;
    const rows = this.#inRows(name);
    const codes = this.#hold(name, Number.NEGATIVE_INFINITY);
    this.#push("QuantizeLinear", [rows, ...this.#parameters(codes)], codes.name, {}, "");
    return codes;
  }

  /** The value in f32 [n, h, w, channels], multiplied by its gains; what is not held so is made so. */
  #inRows(name: string): string {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const rows = `${name}.rows`;
    this.#rows.set(name, rows);
    const codes = this.#codes.get(name);
    if (codes) {
      this.#push("DequantizeLinear", [codes.name, ...this.#parameters(codes)], rows, {}, "");
      return rows;
    }
    const plain = this.#gains.has(name) ? `${name}.plain` : rows;
    this.#push("Transpose", [name], plain, { perm: [0, 2, 3, 1] }, "");
    this.#multiplied(name, plain, rows, (gain) => gain);
    return rows;
  }

  /** Sees to it that the value is there in f32 [n, channels, h, w] under its own name. */
  #float(name: string): void {
    if (this.#floats.has(name) || !(this.#codes.has(name) || this.#rows.has(name))) return;
    this.#floats.add(name);
    const rows = this.#inRows(name);
    const plain = this.#multiplied(name, rows, `${name}.plain`, (gain) => 1 / gain);
    this.#push("Transpose", [plain], name, { perm: [0, 3, 1, 2] }, "");
  }

  /** A value's rows times what `by` makes of its gains, under another name; the same name where it has none. */
  #multiplied(value: string, from: string, to: string, by: (gain: number) => number): string {
    const gains = this.#gains.get(value);
    if (!gains) return from;
    const factors = this.#weight(`${to}.factors`, "f32", [gains.length], 4 * gains.length, () =>
      gains.map(by),
    );
    this.#push("Mul", [from, factors], to, {}, "");
    return to;
  }

  #kernel(site: ConvSite, x: Codes): Record<"codes" | "scales" | "zeros" | "bias", string> {
    const { dims } = site.kernel;
    const rows = dims[0]!;
    const { rounded, bias } = this.#rounded(site, x);
    const size = dims.reduce((a, b) => a * b, 1);
    const stem = `${site.node.outputs[0]}.kernel`;
    return {
      codes: this.#weight(`${stem}.codes`, "i8", dims, size, () => rounded().codes),
      scales: this.#weight(`${stem}.scales`, "f32", [rows], 4 * rows, () => rounded().scales),
      zeros: this.#weight(`zeros_${rows}`, "i8", [rows], rows, () => new Int8Array(rows)),
      bias: this.#weight(`${stem}.bias`, "i32", [rows], 4 * rows, () => {
        const { scales, shift } = rounded();
        return Int32Array.from(bias, (b, i) => Math.round((b - shift[i]!) / (x.scale * scales[i]!)));
      }),
    };
  }

  /** The kernel of a convolution at one place, as a matrix [channels in, channels out]. */
  #matrix(site: ConvSite, x: Codes): Record<"codes" | "scales" | "offsets", string> {
    const [to, from] = site.kernel.dims as [number, number];
    const { rounded, bias } = this.#rounded(site, x);
    const stem = `${site.node.outputs[0]}.matrix`;
    return {
      codes: this.#weight(`${stem}.codes`, "i8", [from, to], from * to, () => {
        const { codes } = rounded();
        return Int8Array.from(codes, (_, i) => codes[(i % to) * from + Math.floor(i / to)]!);
      }),
      scales: this.#weight(`${stem}.scales`, "f32", [to], 4 * to, () => rounded().scales),
      offsets: this.#weight(`${stem}.bias`, "f32", [to], 4 * to, () => {
        const { shift } = rounded();
        return bias.map((b, i) => b - shift[i]!);
      }),
    };
  }

  #rounded(site: ConvSite, x: Codes): { readonly rounded: () => RoundedKernel; readonly bias: Float32Array } {
    const scaled = scaledSite(site, this.#gains);
    let known = this.#kernels.get(site.node.outputs[0]!);
    const rounded = (): RoundedKernel =>
      (known ??= plainly(scaled.values(), scaled.bias, x.scale, codeBounds(site)));
    return { rounded, bias: scaled.bias };
  }

  /** Names of a value's scale and zero point. */
  #parameters({ name, scale, zero }: Codes): [string, string] {
    return [
      this.#weight(`${name}.scale`, "f32", [], 4, () => Float32Array.of(scale)),
      this.#weight(`${name}.zero`, "u8", [], 1, () => Uint8Array.of(zero)),
    ];
  }

  #weight(
    name: string,
    type: OnnxType,
    dims: readonly number[],
    byteLength: number,
    values: () => ArrayBufferView,
  ): string {
    if (!this.#weights.has(name)) {
      const read = (): Uint8Array => {
        const { buffer, byteOffset } = values();
        return new Uint8Array(buffer, byteOffset, byteLength);
      };
      this.#weights.set(name, { name, type, dims, byteLength, read });
    }
    return name;
  }

  #push(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: GraphNode["domain"] = "com.microsoft",
  ): void {
    this.#nodes.push({ op, domain, inputs, outputs: [output], attributes });
  }
}
