import { defaultDevice, init, jit, nn, numpy, valueAndGrad } from "@jax-js/jax";
import { flat } from "./rows.js";

type Matrix = ReturnType<typeof numpy.zeros>;

/** jax-js compiles to WebAssembly here; the same numbers come out for the same numbers in. */
let ready: Promise<unknown> | undefined;
export async function startJax(): Promise<void> {
  ready ??= init("wasm").then(() => defaultDevice("wasm"));
  await ready;
}

const matrix = (data: Float32Array, rows: number): Matrix =>
  numpy.array(data as Float32Array<ArrayBuffer>).reshape([rows, data.length / rows]);

/** f32 [n, dim] × f32 [m, dim] → products of each row with each, f32 [n, m]. */
export async function products(
  left: readonly Float32Array[],
  right: readonly Float32Array[],
): Promise<Float32Array> {
  if (left.length === 0 || right.length === 0) return new Float32Array(0);
  await startJax();
  const product = numpy.matmul(
    matrix(flat(left), left.length),
    numpy.transpose(matrix(flat(right), right.length)),
  );
  return (await product.data()) as Float32Array;
}

export { jit, type Matrix, matrix, nn, numpy, valueAndGrad };
