import type { Attribute, GraphNode, OnnxType, Weight } from "./types.js";

/** Nodes, in running order, and weights of a graph that is being made anew. */
export class Additions {
  readonly nodes: GraphNode[] = [];
  readonly #weights = new Map<string, Weight>();

  get weights(): readonly Weight[] {
    return [...this.#weights.values()];
  }

  /** Adds a weight, unless one of this name is there; `values` is asked for when it is written. Returns its name. */
  weight(
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

  node(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: GraphNode["domain"] = "com.microsoft",
  ): void {
    this.nodes.push({ op, domain, inputs, outputs: [output], attributes });
  }
}
