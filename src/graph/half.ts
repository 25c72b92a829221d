import { decodeBf16, encodeF16 } from "../math/float16.js";
import { prune } from "./prune.js";
import { type Graph, type GraphNode, ONNX_TYPES, type OnnxType, type Weight } from "./types.js";

/** f16's largest number (IEEE 754 binary16): what is beyond, like a mask's −1e30, becomes that. */
const LARGEST = 65504;

const FLOATS: ReadonlySet<OnnxType> = new Set(["f32", "f16", "bf16"]);

/** Operators whose result is of another type than their first input. */
const RESULTS: Readonly<Record<string, OnnxType>> = {
  ArgMax: "i64",
  Equal: "bool",
  Greater: "bool",
  Less: "bool",
  Shape: "i64",
};

/** Operators that end what is computed with bytes: what they are given is small enough for f16. */
const ENTRANCES = new Set(["LayerNormalization", "Conv"]);

/** What a value hangs on: nothing that is given, bytes up to an entrance, or all else. Only the last become f16. */
type Stage = "constant" | "bytes" | "late";

interface Known {
  /** Before anything is halved. */
  readonly type: OnnxType;
  readonly stage: Stage;
}

/**
 * The graph with floats of 16 bits, for processors that compute those faster. Inputs and outputs stay as they are, and so do
 * constants until they are ready, and bytes until the first norm or convolution: sums over 3,072 of them need more digits.
 * For graphs that zeroclip builds: their nodes have no floats among their attributes that would have to become f16.
 */
export function toHalf(graph: Graph): Graph {
  return new Halving(graph).run();
}

class Halving {
  readonly #weights: ReadonlyMap<string, Weight>;
  readonly #outputs: ReadonlySet<string>;
  readonly #values = new Map<string, Known>();
  /** Names of values in f16, by the names of those that they stand for. */
  readonly #halves = new Map<string, string>();
  readonly #made: Weight[] = [];
  readonly #nodes: GraphNode[] = [];

  constructor(readonly graph: Graph) {
    this.#weights = new Map(graph.weights.map((weight) => [weight.name, weight]));
    this.#outputs = new Set(graph.outputs.map(({ name }) => name));
    for (const { name, type } of graph.weights) this.#values.set(name, { type, stage: "constant" });
    for (const { name, type } of graph.inputs)
      this.#values.set(name, { type, stage: type === "u8" ? "bytes" : "late" });
  }

  run(): Graph {
    for (const node of this.graph.nodes) {
      const known = { type: this.#typeOf(node), stage: this.#stageOf(node) };
      for (const name of node.outputs) this.#values.set(name, known);
      if (known.stage === "late") this.#halve(node, known.type);
      else this.#nodes.push(node);
    }
    return prune({ ...this.graph, weights: [...this.graph.weights, ...this.#made], nodes: this.#nodes });
  }

  #stageOf(node: GraphNode): Stage {
    if (ENTRANCES.has(node.op) || node.outputs.some((name) => this.#outputs.has(name))) return "late";
    const stages = node.inputs.flatMap((name) => this.#values.get(name)?.stage ?? []);
    if (stages.includes("late")) return "late";
    return stages.includes("bytes") ? "bytes" : "constant";
  }

  #typeOf({ op, inputs, attributes }: GraphNode): OnnxType {
    const cast = Object.entries(ONNX_TYPES).find(
      ([, number]) => op === "Cast" && number === attributes["to"],
    );
    if (cast) return cast[0] as OnnxType;
    return RESULTS[op] ?? this.#values.get(inputs[op === "Where" ? 1 : 0] ?? "")?.type ?? "f32";
  }

  #halve(node: GraphNode, type: OnnxType): void {
    const inputs = node.inputs.map((name) => this.#half(name));
    if (!FLOATS.has(type)) {
      this.#nodes.push({ ...node, inputs });
      return;
    }
    const outputs = node.outputs.map((name) => name && `${name}.half`);
    const attributes = node.op === "Cast" ? { ...node.attributes, to: ONNX_TYPES.f16 } : node.attributes;
    this.#nodes.push({ ...node, inputs, outputs, attributes });
    for (const [i, name] of node.outputs.entries()) {
      this.#halves.set(name, outputs[i]!);
      if (this.#outputs.has(name)) this.#cast(outputs[i]!, name, "f32");
    }
  }

  /** Name of a value as a halved node takes it. */
  #half(name: string): string {
    const known = this.#halves.get(name);
    if (known !== undefined) return known;
    const type = this.#values.get(name)?.type ?? "f16";
    if (!FLOATS.has(type) || type === "f16") return name;
    const half = `${name}.half`;
    const weight = this.#weights.get(name);
    if (weight) this.#made.push(halfWeight(weight, half));
    else this.#cast(name, half, "f16");
    this.#halves.set(name, half);
    return half;
  }

  #cast(from: string, to: string, type: OnnxType): void {
    const attributes = { to: ONNX_TYPES[type] };
    this.#nodes.push({ op: "Cast", domain: "", inputs: [from], outputs: [to], attributes });
  }
}

function halfWeight(weight: Weight, name: string): Weight {
  const count = weight.dims.reduce((a, b) => a * b, 1);
  const read = (): Uint8Array => {
    const bytes = weight.read();
    // A copy: the bytes need not lie where whole numbers may.
    const { buffer } = bytes.slice();
    const values = weight.type === "bf16" ? decodeBf16(new Uint16Array(buffer)) : new Float32Array(buffer);
    const halves = encodeF16(values.map((value) => Math.min(LARGEST, Math.max(-LARGEST, value))));
    return new Uint8Array(halves.buffer);
  };
  return { name, type: "f16", dims: weight.dims, byteLength: 2 * count, read };
}
