import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { toHalf } from "../graph/half.js";
import * as ops from "../graph/ops.js";
import type { Graph } from "../graph/types.js";
import { seeded } from "../math/random.js";
import { type Feed, openSession, type Session, type SessionOptions } from "../runtime/session.js";
import { writeTower } from "./write-tower.js";

/** Rows: devices have other kernels for few (WebGPU: below 32). Width and heads of 32, as in CLIP's smallest. */
const [ROWS, WIDTH, HEADS] = [50, 64, 2];

/** Distance to what the CPU computes, as a share of its length: that of f16's rounding, TF32's and their sums is below 1 %. */
const TOLERANCE = 0.02;

export interface CheckDeviceOptions extends SessionOptions {
  /** True where what will run there is in 16-bit floats. */
  readonly half: boolean;
  /** Opens a file on the device; default `openSession`. */
  readonly open?: (file: string, options: SessionOptions) => Promise<Session>;
}

/**
 * Computes attention, norm and inner layer of a few seeded numbers on the device and on the CPU: drivers have been seen that
 * compute attention wrong by several hundredths and say nothing (SwiftShader under WebGPU, ONNX Runtime 1.30). Takes a fraction of a
 * second. Raises `runtime.device` where the two differ, and what `openSession` does.
 */
export async function checkDevice({
  half,
  open = openSession,
  ...session
}: CheckDeviceOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-device-"));
  try {
    const graph = blockGraph();
    await writeTower(folder, "block", half ? toHalf(graph) : graph);
    const file = join(folder, "block.onnx");
    const found = await run(await open(file, session));
    const expected = await run(await openSession(file, { threads: 1 }));
    const off = Math.hypot(...expected.map((value, i) => value - found[i]!)) / Math.hypot(...expected);
    if (off <= TOLERANCE) return;
    const how = Number.isFinite(off) ? `is off by ${Math.round(100 * off)} %` : "is no number";
    const message = `Expected ${session.device} to compute what the CPU does but its attention ${how}: its driver can't be trusted, use --device cpu.`;
    throw new ClipError("runtime.device", message);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(session: Session): Promise<Float32Array> {
  await using opened = session;
  const x: Feed = { type: "float32", data: numbers(1, ROWS * WIDTH, 1), dims: [1, ROWS, WIDTH] };
  return (await opened.run({ x }, "y")).data;
}

/** A transformer's steps: `x` f32 [n, rows, width] → `y` of the same size. */
function blockGraph(): Graph {
  const g = new GraphBuilder("block");
  const x = g.input("x", "f32", ["n", ROWS, WIDTH]);
  const vector = (seed: number, size = WIDTH) => g.floats(`vector${seed}`, numbers(seed, size, 0.1), [size]);
  const matrix = (seed: number) =>
    g.floats(`matrix${seed}`, numbers(seed, WIDTH * WIDTH, 8 / Math.sqrt(WIDTH)), [WIDTH, WIDTH]);
  const attend = (from: typeof x, seed: number, causal: boolean) => {
    const [q, k, v] = [ops.matMul(g, from, matrix(seed)), ops.matMul(g, from, matrix(seed + 1)), from];
    return ops.multiHeadAttention(
      g,
      { q, k, v, bias: vector(seed + 2, 3 * WIDTH) },
      HEADS,
      causal ? "causal" : undefined,
    );
  };
  const attended = attend(ops.layerNorm(g, attend(x, 2, false), vector(5), vector(6), 1e-5), 7, true);
  const rows = ops.reshape(g, attended, [-1, WIDTH]);
  const inner = ops.quickGelu(g, ops.gemm(g, rows, matrix(10), vector(11)));
  g.output(ops.reshape(g, inner, [-1, ROWS, WIDTH]), "y", ["n", ROWS, WIDTH]);
  return g.finish();
}

/** −scale..scale */
function numbers(seed: number, count: number, scale: number): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length: count }, () => scale * (2 * random() - 1));
}
