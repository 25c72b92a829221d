import { ClipError } from "../../errors.js";
import { Additions } from "../additions.js";
import { intsIn } from "../attributes.js";
import { type Attribute, type Graph, type GraphNode, ONNX_TYPES, type Weight } from "../types.js";

/** Sizes of every value of a graph, by name, as they are for a batch of two: no size of 1 stands for the batch. */
export type Sizes = ReadonlyMap<string, readonly number[]>;

type Attributes = Readonly<Record<string, Attribute>>;

/** What rules need while they write the nodes that carry gradients: nodes, small constants, sizes of the graph's values. */
export class Tape {
  readonly #additions = new Additions();
  readonly #weights: ReadonlyMap<string, Weight>;
  #count = 0;

  constructor(
    graph: Graph,
    readonly sizes: Sizes,
    /** True for values that depend on what is differentiated by. */
    readonly needs: (name: string) => boolean,
    /** In front of the names of new values; no name of the graph begins with it. */
    readonly prefix = "gradient/",
  ) {
    this.#weights = new Map(graph.weights.map((weight) => [weight.name, weight]));
  }

  get nodes(): readonly GraphNode[] {
    return this.#additions.nodes;
  }

  get weights(): readonly Weight[] {
    return this.#additions.weights;
  }

  /** Adds an operator with one result; an empty name stands for an input that is left out. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    domain: GraphNode["domain"] = "",
  ): string {
    const output = `${this.prefix}${op}_${this.#count++}`;
    this.#additions.node(op, inputs, output, attributes, domain);
    return output;
  }

  /** Parts along one axis, of these sizes. */
  split(x: string, parts: readonly number[], axis: number): string[] {
    const name = `${this.prefix}Split_${this.#count++}`;
    const outputs = parts.map((_, i) => `${name}_${i}`);
    const node = {
      op: "Split",
      domain: "" as const,
      inputs: [x, this.ints(parts)],
      outputs,
      attributes: { axis },
    };
    this.#additions.nodes.push(node);
    return outputs;
  }

  /** Whole numbers, i64 [count]. */
  ints(values: readonly number[]): string {
    const name = `${this.prefix}ints_${values.join("_")}`;
    return this.#additions.weight(name, "i64", [values.length], 8 * values.length, () =>
      BigInt64Array.from(values, BigInt),
    );
  }

  /** A number, f32 []. */
  float(value: number): string {
    return this.#additions.weight(`${this.prefix}float_${value}`, "f32", [], 4, () => Float32Array.of(value));
  }

  /** Several numbers, f32. */
  floats(values: readonly number[], dims: readonly number[]): string {
    const name = `${this.prefix}floats_${this.#count++}`;
    return this.#additions.weight(name, "f32", dims, 4 * values.length, () => Float32Array.from(values));
  }

  /** Sizes of a value of the graph. Raises `graph.gradient` for one that was not measured. */
  sizesOf(name: string): readonly number[] {
    const sizes = this.#weights.get(name)?.dims ?? this.sizes.get(name);
    if (sizes) return sizes;
    throw new ClipError(
      "graph.gradient",
      `Expected to know the sizes of ${name} but they were not measured.`,
    );
  }

  /** Whole numbers of a constant of the graph; undefined where it is none. */
  intsOf(name: string): readonly number[] | undefined {
    const weight = this.#weights.get(name);
    return weight?.type === "i64" ? intsIn(weight) : undefined;
  }

  add(a: string, b: string): string {
    return this.node("Add", [a, b]);
  }

  multiply(a: string, b: string): string {
    return this.node("Mul", [a, b]);
  }

  /** A value times a number. */
  scaled(x: string, factor: number): string {
    return factor === 1 ? x : this.multiply(x, this.float(factor));
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.node("Transpose", [x], { perm });
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.node("Reshape", [x, this.ints(shape)]);
  }

  /** In the shape of another value with as many elements. */
  reshapeLike(x: string, like: string): string {
    return this.node("Reshape", [x, this.node("Shape", [like])]);
  }

  /** Repeated along axes of size 1 to the shape of another value. */
  expandLike(x: string, like: string): string {
    return this.node("Expand", [x, this.node("Shape", [like])]);
  }

  sum(x: string, axes: readonly number[], keep = true): string {
    return this.node("ReduceSum", [x, this.ints(axes)], { keepdims: keep ? 1 : 0 });
  }

  mean(x: string, axis: number): string {
    return this.node("ReduceMean", [x], { axes: [axis], keepdims: 1 });
  }

  /** `x` where a condition holds, else 0. A product with 0 and 1: ONNX Runtime's own choice between two takes six times as long. */
  where(condition: string, x: string): string {
    return this.multiply(x, this.node("Cast", [condition], { to: 1 }));
  }

  /** Matrices by matrices, either of them transposed. */
  product(a: string, b: string, transA = false, transB = false, alpha = 1): string {
    if (!transA && !transB && alpha === 1) return this.node("MatMul", [a, b]);
    const attributes = { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } };
    return this.node("FusedMatMul", [a, b], attributes, "com.microsoft");
  }

  /** Zeros before the first and after the last element of every axis. */
  pad(x: string, before: readonly number[], after: readonly number[]): string {
    if ([...before, ...after].every((count) => count === 0)) return x;
    return this.node("Pad", [x, this.ints([...before, ...after])]);
  }

  slice(
    x: string,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps?: readonly number[],
  ): string {
    const rest = steps ? [this.ints(steps)] : [];
    return this.node("Slice", [x, this.ints(starts), this.ints(ends), this.ints(axes), ...rest]);
  }

  /** A gradient in the shape of `of`, summed where an operand of shape `target` was repeated to it. */
  sumTo(gradient: string, of: string, target: string): string {
    const [whole, part] = [this.sizesOf(of), this.sizesOf(target)];
    const more = whole.length - part.length;
    const axes = whole.flatMap((size, axis) =>
      axis < more || (part[axis - more] === 1 && size !== 1) ? [axis] : [],
    );
    if (axes.length === 0) return gradient;
    const summed = this.sum(gradient, axes);
    return more === 0 ? summed : this.reshapeLike(summed, target);
  }
}

/** Raised by rules for what they have no derivative of. */
export function noGradient(node: GraphNode, why: string): ClipError {
  const message = `Expected a graph that can be differentiated but it has ${node.op} ${why}.`;
  return new ClipError("graph.gradient", message);
}

/** True for a cast to 32-bit floats. */
export function toFloat(node: GraphNode): boolean {
  return node.attributes["to"] === ONNX_TYPES.f32;
}
