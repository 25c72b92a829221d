/** Element types of graph values, with their numbers in ONNX's `TensorProto.DataType` (onnx.proto). */
export const ONNX_TYPES = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9, f16: 10, bf16: 16 } as const;

export type OnnxType = keyof typeof ONNX_TYPES;

/** A fixed size, or the name of one that is known when the graph runs. */
export type Dimension = number | string;

/** A value that flows through a graph. */
export interface Value {
  readonly name: string;
  readonly type: OnnxType;
}

/** Input or output of a whole graph. */
export interface Port extends Value {
  readonly shape: readonly Dimension[];
}

/** A constant of the graph; its bytes (little-endian, row-major) are asked for once, when the graph is written. */
export interface Weight extends Value {
  readonly dims: readonly number[];
  readonly byteLength: number;
  read(): Uint8Array;
}

/** What a node may carry: whole numbers, floats (marked, as JavaScript can't tell 1.0 from 1), text, lists, a small tensor. */
export type Attribute =
  | number
  | { readonly float: number }
  | { readonly tensor: Weight }
  | string
  | readonly number[];

/** One operator. An empty input name stands for an optional input that is left out. */
export interface GraphNode {
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: "" | "com.microsoft";
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph as plain data; nodes stand in the order they run in. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly weights: readonly Weight[];
  readonly nodes: readonly GraphNode[];
  /** ONNX's operator set that the nodes are of; default 17. */
  readonly opset?: number;
}
