import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GraphBuilder } from "../graph/builder.js";
import { serializeModel } from "../graph/serialize.js";
import { openSession } from "../runtime/session.js";

/** Rows [n, size] → their products with each other [size, size], Xᵀ · X. */
export type Gram = (rows: Float32Array, size: number) => Promise<Float32Array>;

/** Computes with ONNX Runtime's matrix product, which is a hundred times what a loop here is. Raises `runtime.*`. */
export async function withGram<T>(use: (gram: Gram) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-gram-"));
  try {
    const file = join(folder, "gram.onnx");
    await writeFile(file, serializeModel(graph(), "gram.data").model);
    await using session = await openSession(file);
    return await use(async (rows, size) => {
      const dims = [rows.length / size, size];
      return (await session.run({ x: { type: "float32", data: rows, dims } }, "y")).data;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function graph() {
  const g = new GraphBuilder("gram");
  const x = g.input("x", "f32", ["rows", "size"]);
  g.output(g.node("Gemm", [x, x], { attributes: { transA: 1 } }), "y", ["size", "size"]);
  return g.finish();
}
