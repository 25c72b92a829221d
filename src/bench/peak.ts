import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GraphBuilder } from "../graph/builder.js";
import { serializeModel } from "../graph/serialize.js";
import type { Graph, OnnxType } from "../graph/types.js";
import { type Feed, openSession, type Session } from "../runtime/session.js";

/** Sizes m × k × n of the products that are timed: wide enough that their edges don't count. */
const M = 1024;
const K = 2048;
const N = 1024;

/** Multiplications and additions of one product. */
const OPERATIONS = 2 * M * K * N;

/** One of the two products, opened. */
export interface PeakSession extends AsyncDisposable {
  /** Billions of multiplications and additions a second, over runs until `forMs` have passed. */
  measure(forMs: number): Promise<number>;
}

/** Bytes that look like weights: every value appears, none dominates. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 37 + (i >> 7) * 11) & 0x7f);
}

function weight(g: GraphBuilder, name: string, type: OnnxType, dims: readonly number[], bytes: Uint8Array) {
  return g.weight({ name, type, dims, byteLength: bytes.length, read: () => bytes });
}

/** f32 [m, k] × f32 constant [k, n] */
function floatGraph(): Graph {
  const g = new GraphBuilder("peak");
  const x = g.input("x", "f32", [M, K]);
  const values = Float32Array.from(pattern(K * N), (value) => value / 64 - 1);
  g.output(g.node("MatMul", [x, g.floats("w", values, [K, N])]), "y", [M, N]);
  return g.finish();
}

/** u8 [m, k] × s8 constant [k, n] → f32: 7-bit values, as a quantiser writes them for every processor. */
function byteGraph(): Graph {
  const g = new GraphBuilder("peak");
  const x = g.input("x", "u8", [M, K]);
  const w = weight(g, "w", "i8", [K, N], pattern(K * N));
  const one = (name: string) => g.floats(name, new Float32Array([0.01]), [1]);
  const product = g.node("MatMulIntegerToFloat", [x, w, one("xs"), one("ws")], {
    domain: "com.microsoft",
    type: "f32",
  });
  g.output(product, "y", [M, N]);
  return g.finish();
}

/** The graph's files lie in a folder of their own for as long as the session is open: it may have mapped them. */
async function openGraph(
  graph: Graph,
  threads: number | undefined,
): Promise<{ session: Session; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-peak-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { model, external } = serializeModel(graph, "peak.data");
    await writeFile(join(folder, "peak.onnx"), model);
    // One weight, at the file's start.
    for (const { weight: large } of external) await writeFile(join(folder, "peak.data"), large.read());
    const session = await openSession(join(folder, "peak.onnx"), threads === undefined ? {} : { threads });
    const close = async (): Promise<void> => {
      await session[Symbol.asyncDispose]();
      await remove();
    };
    return { session, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What this processor gives in ONNX Runtime for a plain product of `fp32` or `int8` matrices: nothing a tower can pass. */
export async function openPeak(kind: "fp32" | "int8", threads?: number): Promise<PeakSession> {
  const { session, close } = await openGraph(kind === "fp32" ? floatGraph() : byteGraph(), threads);
  const x: Feed =
    kind === "fp32"
      ? { type: "float32", data: Float32Array.from(pattern(M * K), (value) => value / 64 - 1), dims: [M, K] }
      : { type: "uint8", data: pattern(M * K), dims: [M, K] };
  return {
    async measure(forMs) {
      const began = performance.now();
      let best = Number.POSITIVE_INFINITY;
      do {
        const start = performance.now();
        await session.run({ x }, "y");
        best = Math.min(best, performance.now() - start);
      } while (performance.now() - began < forMs);
      return OPERATIONS / best / 1e6;
    },
    [Symbol.asyncDispose]: close,
  };
}
