import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Graph } from "../../src/graph/types.js";
import { writeTower } from "../../src/models/write-tower.js";
import { type Features, type Feed, openSession, type SessionOptions } from "../../src/runtime/session.js";

/** Writes a graph to a folder of its own, runs it once in ONNX Runtime, and removes the folder. */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Feed>>,
  options: SessionOptions = {},
): Promise<Features> {
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-graph-"));
  try {
    await writeTower(folder, "graph", graph);
    await using session = await openSession(join(folder, "graph.onnx"), { threads: 1, ...options });
    return await session.run(feeds, graph.outputs[0]!.name);
  } finally {
    await rm(folder, { recursive: true });
  }
}
