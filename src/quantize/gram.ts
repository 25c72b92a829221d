import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GraphBuilder } from "../graph/builder.js";
import { serializeModel } from "../graph/serialize.js";
import { withScratch } from "../models/scratch.js";
import { openSession } from "../runtime/session.js";

/** Rows [n, size] → their products with each other [size, size], Xᵀ · X. */
export type Gram = (rows: Float32Array, size: number) => Promise<Float32Array>;

/** Computes with ONNX Runtime's matrix product, which is a hundred times what a loop here is. Raises `runtime.*`, `quantize.scratch`. */
export async function withGram<T>(use: (gram: Gram) => Promise<T>): Promise<T> {
  return await withScratch("quantize", async (folder) => {
    const file = join(folder, "gram.onnx");
    await writeFile(file, serializeModel(graph(), "gram.data").model);
    await using session = await openSession(file);
    return await use(async (rows, size) => {
      const dims = [rows.length / size, size];
      return (await session.run({ x: { type: "float32", data: rows, dims } }, "y")).data;
    });
  });
}

function graph() {
  const g = new GraphBuilder("gram");
  const x = g.input("x", "f32", ["rows", "size"]);
  g.output(g.node("Gemm", [x, x], { attributes: { transA: 1 } }), "y", ["size", "size"]);
  return g.finish();
}
