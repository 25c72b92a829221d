import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { ClipError, throwIfAborted } from "../errors.js";
import { serializeModel } from "../graph/serialize.js";
import type { Graph, Weight } from "../graph/types.js";

/** Ending of the files beside graphs that hold their large weights. */
const WEIGHTS_ENDING = ".data";

export function isWeights(fileName: string): boolean {
  return fileName.endsWith(WEIGHTS_ENDING);
}

/** A file as it was written. */
export interface WrittenFile {
  readonly name: string;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of the weights that were just written. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Writes a graph as `<name>.onnx` and its large weights as `<name>.data`, one weight at a time, so that memory holds no
 * more than the largest. The files are synced; the folder is the caller's to publish.
 */
export async function writeTower(
  folder: string,
  name: string,
  graph: Graph,
  options: WriteOptions = {},
): Promise<WrittenFile[]> {
  const dataName = `${name}${WEIGHTS_ENDING}`;
  const { model, external } = serializeModel(graph, dataName);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    let at = 0;
    for (const { weight, offset } of external) {
      throwIfAborted(options.signal);
      if (offset > at) yield new Uint8Array(offset - at);
      const bytes = weight.read();
      if (bytes.length !== weight.byteLength) {
        const message = `Expected ${weight.name} to have ${weight.byteLength} bytes but received ${bytes.length}.`;
        throw new ClipError("graph.shape", message);
      }
      yield bytes;
      options.onBytes?.(bytes.length);
      at = offset + bytes.length;
    }
  };
  const written = [await writeSynced(folder, `${name}.onnx`, [model])];
  const inside = sizeOf(graph.weights) - sizeOf(external.map(({ weight }) => weight));
  options.onBytes?.(inside);
  if (external.length > 0) written.push(await writeSynced(folder, dataName, chunks()));
  return written;
}

/** Bytes of all weights together. */
export function sizeOf(weights: readonly Weight[]): number {
  return weights.reduce((sum, weight) => sum + weight.byteLength, 0);
}

/** Writes and syncs a new file. */
export async function writeSynced(
  folder: string,
  name: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<WrittenFile> {
  const handle = await open(join(folder, name), "wx");
  try {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of chunks) {
      hash.update(chunk);
      await handle.writeFile(chunk);
      size += chunk.length;
    }
    await handle.sync();
    return { name, size, sha256: hash.digest("hex") };
  } finally {
    await handle.close();
  }
}
