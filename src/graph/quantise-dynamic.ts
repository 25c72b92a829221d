import { LARGEST_CODE } from "./codes.js";
import type { Constant } from "./constants.js";
import { equalise } from "./equalise.js";
import { prune } from "./prune.js";
import { isGather, quantisableSites, type Site } from "./quantise-sites.js";
import { bytesOf, type CodingName, quantisedWeight } from "./quantised-weight.js";
import { type Graph, type GraphNode, ONNX_TYPES, type Weight } from "./types.js";

/** What `quantiseMatMuls` leaves alone. */
export interface QuantiseOptions {
  /** Names of weights (as `quantisableMatMuls` gives them) that stay as they are. */
  readonly keep?: ReadonlySet<string>;
  /**
   * Each row by a scale of its own: what a token becomes then depends on nothing that is computed beside it, and loud tokens
   * do not decide how coarsely the others are rounded. Costs some passes over the rows. Default: one scale for all that a
   * run is given.
   */
  readonly perRow?: boolean;
}

/**
 * The names of the weights of a graph that are worth storing as int8, in the order they are used: matrices of at least
 * 65,536 numbers that rows are multiplied by (MatMul, Gemm) or that rows are read from (Gather).
 */
export function quantisableMatMuls(graph: Graph): readonly string[] {
  return [...new Set(quantisableSites(graph).map((site) => site.matrix.weight.name))];
}

/**
 * The graph with those weights as int8, one scale a column (products) or row (tables). The rows that are multiplied become
 * u8 while the graph runs, by one scale for all that a run is given or one a row, once for all products that share them; pixels are
 * bytes already and taken as they are. The sums of products are whole numbers that no processor cuts off (LARGEST_PAIR).
 * Weights are read when the graph is written.
 */
export function quantiseMatMuls(graph: Graph, { keep, perRow = false }: QuantiseOptions = {}): Graph {
  const wanted = (from: Graph): Site[] =>
    quantisableSites(from).filter(({ matrix }) => !keep?.has(matrix.weight.name));
  const even = equalise(
    graph,
    wanted(graph).filter(({ node }) => !isGather(node)),
  );
  const sites = new Map(wanted(even).map((site) => [site.node, site]));
  const rewriting = new Rewriting(even, perRow);
  for (const node of even.nodes) {
    const site = sites.get(node);
    if (!site) rewriting.nodes.push(node);
    else if (isGather(node)) rewriting.gather(site);
    else rewriting.product(site);
  }
  const { nodes, weights } = rewriting;
  return prune({ ...even, nodes, weights: [...even.weights, ...weights] });
}

/** Rows of zeros are divided by this. */
const LEAST_SIZE = 1e-12;

/** Codes of a byte, less one. */
const LEVELS = 255;

/** Rows that an activation made are divided by no less than so many times how far it goes below zero. */
const ABOVE_FLOOR = 7;

/** The least of x · sigmoid(x). */
const LEAST_SWISH = -0.2785;

/** What the numbers that a node makes are never under, where that is a little below zero. */
function floorOf(node: GraphNode | undefined): number | undefined {
  if (node?.op === "Gelu" || node?.op === "FastGelu") return -0.17005;
  if (node?.op !== "QuickGelu") return undefined;
  const alpha = node.attributes["alpha"];
  return LEAST_SWISH / (typeof alpha === "object" && "float" in alpha ? alpha.float : 1.702);
}

/** Names of the values that stand for rows as u8. */
interface Rounded {
  readonly codes: string;
  readonly scale: string;
  readonly zero: string;
  readonly arePixels: boolean;
  /** What each row was divided by, [..., 1]. */
  readonly sizes?: string;
}

class Rewriting {
  readonly nodes: GraphNode[] = [];
  readonly weights: Weight[] = [];
  readonly #makers: ReadonlyMap<string, GraphNode>;
  readonly #bytes: ReadonlySet<string>;
  readonly #rows = new Map<string, Rounded>();
  readonly #matrices = new Map<string, readonly [Weight, Weight]>();

  constructor(
    graph: Graph,
    readonly perRow: boolean,
  ) {
    this.#makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
    this.#bytes = new Set(graph.inputs.filter((port) => port.type === "u8").map((port) => port.name));
  }

  /** Rows · matrix + bias in whole numbers, scaled to f32. ONNX Runtime joins it with rounding that only it needs. */
  product({ node, matrix }: Site): void {
    const [from, by, bias] = node.inputs as [string, string, string?];
    const rows = this.#rounded(from);
    const [codes, scales] = this.#matrix(by, matrix, rows.arePixels ? "pixels" : "columns");
    const { sizes } = rows;
    const result = node.outputs[0]!;
    const unit = `${result}.unit`;
    this.nodes.push({
      op: "MatMulIntegerToFloat",
      domain: "com.microsoft",
      inputs: [
        rows.codes,
        codes.name,
        rows.scale,
        scales.name,
        rows.zero,
        "",
        ...(bias && !sizes ? [bias] : []),
      ],
      outputs: [sizes ? unit : result],
      attributes: {},
    });
    if (!sizes) return;
    const sums = bias ? `${result}.sums` : result;
    this.#node("Mul", [unit, sizes], [sums]);
    if (bias) this.#node("Add", [sums, bias], [result]);
  }

  /** Codes and scales are read first and multiplied then, so that no table of floats is ever made. */
  gather({ node, matrix }: Site): void {
    const [from, ids] = node.inputs as [string, string];
    const result = node.outputs[0]!;
    const parts = [`${result}.codes`, `${result}.scales`, `${result}.numbers`, `${result}.f32`] as const;
    const [codes, scales] = this.#matrix(from, matrix, "rows");
    this.#node("Gather", [codes.name, ids], [parts[0]]);
    this.#node("Gather", [scales.name, ids], [parts[1]]);
    this.#node("Cast", [parts[0]], [parts[2]], { to: ONNX_TYPES.f32 });
    this.#node("Mul", [parts[2], parts[1]], [parts[3]]);
    // The type that those who read the rows expect.
    this.#node("Cast", [parts[3]], [result], {
      to: ONNX_TYPES[this.#makers.has(from) ? "f32" : matrix.weight.type],
    });
  }

  #node(op: string, inputs: string[], outputs: string[], attributes: GraphNode["attributes"] = {}): void {
    this.nodes.push({ op, domain: "", inputs, outputs, attributes });
  }

  /** One weight may be used in several ways: scaled or not, multiplied or read from. */
  #matrix(value: string, matrix: Constant, coding: CodingName): readonly [Weight, Weight] {
    const name = `${matrix.weight.name}.${value}.${coding}`;
    const known = this.#matrices.get(name);
    if (known) return known;
    const made = quantisedWeight(name, matrix, coding);
    this.weights.push(...made);
    this.#matrices.set(name, made);
    return made;
  }

  #rounded(name: string): Rounded {
    const known = this.#rows.get(name);
    if (known) return known;
    const made = this.#pixels(name) ?? (this.perRow ? this.#roundedRows(name) : this.#roundedFloats(name));
    this.#rows.set(name, made);
    return made;
  }

  #roundedFloats(name: string): Rounded {
    const made = {
      codes: `${name}.u8`,
      scale: `${name}.u8.scale`,
      zero: `${name}.u8.zero`,
      arePixels: false,
    };
    this.#node("DynamicQuantizeLinear", [name], [made.codes, made.scale, made.zero]);
    return made;
  }

  /**
   * Each row is divided by its largest number: what is left reaches from −1 to 1, or, where an activation made it that goes
   * a little below zero only, from −1/7.
   */
  #roundedRows(name: string): Rounded {
    const [sizes, unit, codes] = [`${name}.sizes`, `${name}.unit`, `${name}.u8`];
    const floor = floorOf(this.#makers.get(name));
    const stem = floor === undefined ? "row" : `row.${floor}`;
    if (floor === undefined) this.#node("Abs", [name], [`${name}.abs`]);
    const read = floor === undefined ? `${name}.abs` : name;
    this.#node("ReduceMax", [read], [`${name}.largest`], { axes: [-1], keepdims: 1 });
    const size = floor === undefined ? LEAST_SIZE : -floor * ABOVE_FLOOR;
    const least = this.#constant(`${stem}.least`, "f32", Float32Array.of(size));
    this.#node("Max", [`${name}.largest`, least], [sizes]);
    this.#node("Div", [name, sizes], [unit]);
    const middle = floor === undefined ? LARGEST_CODE + 1 : Math.ceil(LEVELS / (1 + ABOVE_FLOOR));
    const scale = this.#constant(`${stem}.scale`, "f32", Float32Array.of(1 / (LEVELS - middle)));
    const zero = this.#constant(`${stem}.zero`, "u8", Uint8Array.of(middle));
    this.#node("QuantizeLinear", [unit, scale, zero], [codes]);
    return { codes, scale, zero, arePixels: false, sizes };
  }

  #constant(name: string, type: "f32" | "u8", { buffer, byteLength }: Float32Array | Uint8Array): string {
    const read = (): Uint8Array => new Uint8Array(buffer);
    if (!this.weights.some((weight) => weight.name === name))
      this.weights.push({ name, type, dims: [], byteLength, read });
    return name;
  }

  /** A cast of bytes needs no rounding: its codes are those bytes. */
  #pixels(name: string): Rounded | undefined {
    const cast = this.#makers.get(name);
    if (cast?.op !== "Cast" || !this.#holdsBytes(cast.inputs[0]!)) return undefined;
    const made = {
      codes: cast.inputs[0]!,
      scale: `${name}.u8.scale`,
      zero: `${name}.u8.zero`,
      arePixels: true,
    };
    const one = bytesOf(Float32Array.of(1));
    this.weights.push(
      { name: made.scale, type: "f32", dims: [], byteLength: 4, read: () => one },
      { name: made.zero, type: "u8", dims: [], byteLength: 1, read: () => new Uint8Array(1) },
    );
    return made;
  }

  #holdsBytes(name: string): boolean {
    if (this.#bytes.has(name)) return true;
    const maker = this.#makers.get(name);
    return maker !== undefined && MOVES.has(maker.op) && this.#holdsBytes(maker.inputs[0]!);
  }
}

/** Operators whose result has the type of what they are given. */
const MOVES: ReadonlySet<string> = new Set(["Reshape", "Transpose", "Pad", "Slice", "Concat"]);
