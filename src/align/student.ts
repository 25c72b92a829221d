import { GraphBuilder } from "../graph/builder.js";
import { add, cast, gather, matMul, multiply, unsqueeze } from "../graph/ops.js";
import type { Graph, Value, Weight } from "../graph/types.js";
import type { Design } from "./solve.js";

/** A text tower that adds up vectors of its tokens. */
export interface Student {
  /** Vectors of the tokens, rounded to bytes [tokens, width], and each one's scale [tokens]. */
  readonly table: Int8Array;
  readonly scales: Float32Array;
  readonly width: number;
  /** f32 [width, dim] */
  readonly basis: Float32Array;
  /** f32 [dim] */
  readonly mean: Float32Array;
  /** A text of n tokens counts each n⁻ᵖ times: 0 adds them, 1 takes their mean. */
  readonly power: number;
}

/** Rows of token ids → how they add up. */
export function designOf(rows: readonly (readonly number[])[], tokens: number, power: number): Design {
  const starts = new Int32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) starts[i + 1] = starts[i]! + row.length;
  return {
    ids: Int32Array.from(rows.flat()),
    starts,
    weights: Float32Array.from(rows, (row) => Math.max(1, row.length) ** -power),
    tokens,
  };
}

/** f32 [tokens, width] → bytes, one scale a token. */
export function rounded(vectors: Float32Array, width: number): Pick<Student, "table" | "scales"> {
  const scales = new Float32Array(vectors.length / width);
  const table = new Int8Array(vectors.length);
  for (const token of scales.keys()) {
    const row = vectors.subarray(token * width, (token + 1) * width);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scales[token] = largest / 127;
    if (largest > 0)
      for (let k = 0; k < width; k++) table[token * width + k] = Math.round((row[k]! / largest) * 127);
  }
  return { table, scales };
}

/** Ids of texts → features f32 [dim], not of unit length. */
export function featuresOf(student: Student, ids: readonly number[]): Float32Array {
  const { table, scales, width, basis, mean, power } = student;
  const sum = new Float32Array(width);
  const weight = Math.max(1, ids.length) ** -power;
  for (const id of ids)
    for (let k = 0; k < width; k++) sum[k]! += weight * scales[id]! * table[id * width + k]!;
  const out = mean.slice();
  for (let k = 0; k < width; k++)
    for (let i = 0; i < mean.length; i++) out[i]! += sum[k]! * basis[k * mean.length + i]!;
  return out;
}

export const IDS = "input_ids";
export const MASK = "attention_mask";
export const FEATURES = "features";

/** The same as a graph: ids and mask i64 [n, length] → features f32 [n, dim]. */
export function studentGraph({ table, scales, width, basis, mean, power }: Student): Graph {
  const g = new GraphBuilder("student");
  const ids = g.input(IDS, "i64", ["n", "length"]);
  const mask = cast(g, g.input(MASK, "i64", ["n", "length"]), "f32");
  const bytes = new Uint8Array(table.buffer, table.byteOffset, table.byteLength);
  const whole: Weight = {
    ...{ name: "table", type: "i8", dims: [scales.length, width], byteLength: bytes.length },
    read: () => bytes,
  };
  // Made floats after they are picked, so that the whole table never is.
  const rows = cast(g, gather(g, g.weight(whole), ids), "f32");
  const scale = gather(g, g.floats("scales", scales, [scales.length, 1]), ids);
  const counted = multiply(g, multiply(g, rows, scale), unsqueeze(g, mask, 2));
  const reduced = (x: Value, axis: number, keepdims: number): Value =>
    g.node("ReduceSum", [x, g.ints([axis])], { attributes: { keepdims } });
  const exponent = g.floats("power", Float32Array.of(-power), []);
  const weight = g.node("Pow", [reduced(mask, 1, 1), exponent]);
  const sum = multiply(g, reduced(counted, 1, 0), weight);
  const directions = g.floats("basis", basis, [width, mean.length]);
  const features = add(g, matMul(g, sum, directions), g.floats("mean", mean, [mean.length]));
  g.output(features, FEATURES, ["n", mean.length]);
  return g.finish();
}
