import { ClipError } from "../errors.js";
import { type Constant, constantsOf } from "./constants.js";
import { prune } from "./prune.js";
import { rowCodes, rowScales } from "./quantise-rows.js";
import type { Attribute, Graph, GraphNode, OnnxType, Weight } from "./types.js";

/** Smallest and largest value to hold, by the value's name. */
export type Ranges = ReadonlyMap<string, readonly [least: number, most: number]>;

export interface QuantiseConvsOptions {
  /** Of all `calibrationPoints`. */
  readonly ranges: Ranges;
  /** Names of weights (as `quantisableConvs` gives them) that stay as they are. */
  readonly keep?: ReadonlySet<string>;
}

/** A convolution with a constant kernel [out, in, h, w]. */
interface ConvSite {
  readonly kernel: Constant;
  readonly bias: Constant | undefined;
}

/** The names of the convolutions' weights, in running order. */
export function quantisableConvs(graph: Graph): readonly string[] {
  const sites = sitesOf(graph);
  return [...new Set(graph.nodes.flatMap((node) => sites.get(node)?.kernel.weight.name ?? []))];
}

/** Names of the values, f32 [n, channels, h, w], whose ranges `quantiseConvs` has to know. */
export function calibrationPoints(graph: Graph): readonly string[] {
  const points = new Set<string>();
  new Rewriting(graph, new Set(), (name) => {
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
export function quantiseConvs(graph: Graph, { ranges, keep }: QuantiseConvsOptions): Graph {
  return new Rewriting(graph, keep ?? new Set(), (name) => {
    const range = ranges.get(name);
    if (range) return range;
    throw new ClipError("graph.range", `Expected the range of ${name} but it was not calibrated.`);
  }).run();
}

function sitesOf(graph: Graph): Map<GraphNode, ConvSite> {
  const constantOf = constantsOf(graph);
  const sites = new Map<GraphNode, ConvSite>();
  for (const node of graph.nodes) {
    if (node.op !== "Conv" || (node.attributes["auto_pad"] ?? "NOTSET") !== "NOTSET") continue;
    const [input, kernelName, biasName] = node.inputs;
    const kernel = constantOf(kernelName!);
    const bias = biasName ? constantOf(biasName) : undefined;
    if (kernel?.dims.length !== 4 || (biasName && !bias) || constantOf(input!)) continue;
    sites.set(node, { kernel, bias });
  }
  return sites;
}

/** A value in whole numbers: (code − zero) · scale. */
interface Codes {
  readonly name: string;
  readonly scale: number;
  readonly zero: number;
}

class Rewriting {
  readonly #sites: ReadonlyMap<GraphNode, ConvSite>;
  readonly #constantOf: (name: string) => Constant | undefined;
  readonly #consumers = new Map<string, GraphNode[]>();
  readonly #outputs: ReadonlySet<string>;
  readonly #codes = new Map<string, Codes>();
  /** Values that the new graph holds in f32 under their own name. */
  readonly #floats = new Set<string>();
  readonly #nodes: GraphNode[] = [];
  readonly #weights = new Map<string, Weight>();
  readonly #skipped = new Set<GraphNode>();

  constructor(
    readonly graph: Graph,
    readonly keep: ReadonlySet<string>,
    readonly rangeOf: (name: string) => readonly [number, number],
  ) {
    this.#sites = sitesOf(graph);
    this.#constantOf = constantsOf(graph);
    this.#outputs = new Set(graph.outputs.map((output) => output.name));
    for (const node of graph.nodes) {
      for (const name of node.inputs) this.#consumers.set(name, [...(this.#consumers.get(name) ?? []), node]);
    }
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
    if (!site || this.keep.has(site.kernel.weight.name)) return false;
    const x = this.#quantised(node.inputs[0]!);
    const y = this.#result(node);
    const { codes, scales, zeros, bias } = this.#kernel(site, x, node.outputs[0]!);
    const { kernel_shape, ...attributes } = node.attributes;
    this.#push(
      "QLinearConv",
      [x.name, ...this.#parameters(x), codes, scales, zeros, ...this.#parameters(y), bias],
      y.name,
      { ...attributes, kernel_shape: site.kernel.dims.slice(2), channels_last: 1 },
    );
    return true;
  }

  /** A sum of two values that are held in whole numbers. */
  #add(node: GraphNode): boolean {
    if (node.op !== "Add") return false;
    const [a, b] = node.inputs.map((name) => this.#codes.get(name));
    if (!a || !b) return false;
    const y = this.#result(node);
    this.#push(
      "QLinearAdd",
      [a.name, ...this.#parameters(a), b.name, ...this.#parameters(b), ...this.#parameters(y)],
      y.name,
    );
    return true;
  }

  #pool(node: GraphNode): boolean {
    const x = this.#codes.get(node.inputs[0]!);
    if (node.op !== "AveragePool" || !x) return false;
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
    let name = node.outputs[0]!;
    let floor = Number.NEGATIVE_INFINITY;
    const readers = this.#consumers.get(name) ?? [];
    const next = readers[0];
    if (readers.length === 1 && next && !this.#outputs.has(name) && this.#cutsAtZero(next)) {
      this.#skipped.add(next);
      name = next.outputs[0]!;
      floor = 0;
    }
    return this.#hold(name, floor);
  }

  /** Relu, or Clip from 0: what is above the calibrated range is cut off anyhow. */
  #cutsAtZero({ op, inputs }: GraphNode): boolean {
    if (op === "Relu") return true;
    return op === "Clip" && this.#constantOf(inputs[1] ?? "")?.values()[0] === 0;
  }

  #hold(name: string, floor: number): Codes {
    const [low, high] = this.rangeOf(name);
    const least = Math.min(0, Math.max(low, floor));
    const scale = Math.max(high - least, 1e-6) / 255;
    const codes = { name: `${name}.u8`, scale, zero: Math.round(-least / scale) };
    this.#codes.set(name, codes);
    return codes;
  }

  /** The value in whole numbers; what the graph holds in f32 is rounded. */
  #quantised(name: string): Codes {
    const known = this.#codes.get(name);
    if (known) return known;
    const codes = this.#hold(name, Number.NEGATIVE_INFINITY);
    const planes = `${name}.planes`;
    this.#push("QuantizeLinear", [name, ...this.#parameters(codes)], planes, {}, "");
    this.#push("Transpose", [planes], codes.name, { perm: [0, 2, 3, 1] }, "");
    return codes;
  }

  /** Sees to it that the value is there in f32 under its own name. */
  #float(name: string): void {
    const codes = this.#codes.get(name);
    if (this.#floats.has(name) || !codes) return;
    const planes = `${name}.planes`;
    this.#push("Transpose", [codes.name], planes, { perm: [0, 3, 1, 2] }, "");
    this.#push("DequantizeLinear", [planes, ...this.#parameters(codes)], name, {}, "");
    this.#floats.add(name);
  }

  #kernel(
    { kernel, bias }: ConvSite,
    x: Codes,
    output: string,
  ): { codes: string; scales: string; zeros: string; bias: string } {
    const rows = kernel.dims[0]!;
    let known: Float32Array | undefined;
    const offsets = (): Float32Array => bias?.values() ?? new Float32Array(rows);
    // A scale so small that the bias in its steps is more than an i32 holds would be of no use.
    const scales = (): Float32Array =>
      (known ??= rowScales(
        kernel.values(),
        rows,
        Float64Array.from(offsets(), (b) => Math.abs(b) / x.scale / 2 ** 30),
      ));
    const size = kernel.dims.reduce((a, b) => a * b, 1);
    const stem = `${output}.kernel`;
    return {
      codes: this.#weight(`${stem}.codes`, "i8", kernel.dims, size, () =>
        rowCodes(kernel.values(), scales()),
      ),
      scales: this.#weight(`${stem}.scales`, "f32", [rows], 4 * rows, scales),
      zeros: this.#weight(`zeros_${rows}`, "i8", [rows], rows, () => new Int8Array(rows)),
      bias: this.#weight(`${stem}.bias`, "i32", [rows], 4 * rows, () =>
        Int32Array.from(offsets(), (b, i) => Math.round(b / (x.scale * scales()[i]!))),
      ),
    };
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
