import { ClipError } from "../errors.js";
import type { Attribute, Dimension, Graph, GraphNode, OnnxType, Port, Value, Weight } from "./types.js";

/** What a node needs beyond its operator and inputs. */
export interface NodeOptions {
  readonly domain?: GraphNode["domain"];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Type of the result; that of the first input when left out. */
  readonly type?: OnnxType;
}

/** Collects inputs, weights and nodes into a graph; the operators' typed forms are in ops.ts. */
export class GraphBuilder {
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];
  readonly #weights: Weight[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #constants = new Map<string, Value>();
  #count = 0;

  constructor(readonly name: string) {}

  input(name: string, type: OnnxType, shape: readonly Dimension[]): Value {
    const port = { name, type, shape };
    this.#inputs.push(port);
    return port;
  }

  /** Makes a value an output of the graph under a name of its own. */
  output(value: Value, name: string, shape: readonly Dimension[]): void {
    this.#nodes.push({ op: "Identity", domain: "", inputs: [value.name], outputs: [name], attributes: {} });
    this.#outputs.push({ name, type: value.type, shape });
  }

  weight(weight: Weight): Value {
    this.#weights.push(weight);
    return weight;
  }

  /** A small f32 constant. */
  floats(name: string, values: Float32Array, dims: readonly number[]): Value {
    if (dims.reduce((a, b) => a * b, 1) !== values.length) {
      throw new ClipError(
        "graph.shape",
        `Expected ${dims.join("×")} values for ${name} but received ${values.length}.`,
      );
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.weight({ name, type: "f32", dims, byteLength: bytes.length, read: () => bytes });
  }

  /** Whole numbers as i64, a list or (given one number) a scalar; equal ones are stored once. */
  ints(values: readonly number[] | number): Value {
    const key = JSON.stringify(values);
    const known = this.#constants.get(key);
    if (known) return known;
    const list = typeof values === "number" ? [values] : values;
    const bytes = new Uint8Array(BigInt64Array.from(list, BigInt).buffer);
    const dims = typeof values === "number" ? [] : [list.length];
    const value = this.weight({
      name: `ints_${key}`,
      type: "i64",
      dims,
      byteLength: bytes.length,
      read: () => bytes,
    });
    this.#constants.set(key, value);
    return value;
  }

  /** Adds an operator with one result; `undefined` leaves an optional input out. */
  node(op: string, inputs: readonly (Value | undefined)[], options: NodeOptions = {}): Value {
    return this.nodes(op, inputs, [true], options)[0]!;
  }

  /** Adds an operator with several results; `false` leaves an optional one out (its value must not be used). */
  nodes(
    op: string,
    inputs: readonly (Value | undefined)[],
    wanted: readonly boolean[],
    options: NodeOptions = {},
  ): Value[] {
    const id = this.#count++;
    const type = options.type ?? inputs[0]?.type;
    if (!type)
      throw new ClipError("graph.type", `Expected a result type for ${op} as it has no first input.`);
    const results = wanted.map((used, i) => ({ name: used ? `${op}_${id}_${i}` : "", type }));
    this.#nodes.push({
      op,
      domain: options.domain ?? "",
      inputs: inputs.map((input) => input?.name ?? ""),
      outputs: results.map((result) => result.name),
      attributes: options.attributes ?? {},
    });
    return results;
  }

  finish(): Graph {
    return {
      name: this.name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      weights: this.#weights,
      nodes: this.#nodes,
    };
  }
}
