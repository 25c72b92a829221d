import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { ClipError, throwIfAborted } from "../errors.js";
import { type PlacedWeights, serializeModel } from "../graph/serialize.js";
import type { Graph, Weight } from "../graph/types.js";
import type { ModelManifest } from "./manifest.js";
import { readTokenizerFile } from "./tokenizer-file.js";

/** Ending of the files beside graphs that hold their large weights. */
const WEIGHTS_ENDING = ".data";

/** The name of the file that holds a tower's large weights. */
export function weightsFile(tower: string): string {
  return `${tower}${WEIGHTS_ENDING}`;
}

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
  /** Weights that another tower's file in the same folder holds: they are not written again. */
  readonly placed?: PlacedWeights | undefined;
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
  const dataName = weightsFile(name);
  const { model, external } = serializeModel(graph, dataName, options.placed);
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

/** Both towers of a model as plain data. */
export interface TowerGraphs {
  readonly image: Graph;
  readonly text: Graph;
}

/** What a tokenizer.json that is taken along is called. */
export const TOKENIZER_FILE = "tokenizer.json";

/** A model's towers under the names that `writeTowers` gives them. */
export function asWritten({ image, text }: ModelManifest): Pick<ModelManifest, "image" | "text"> {
  const { tokenizer } = text;
  return {
    image: { ...image, file: "image.onnx" },
    text: {
      ...text,
      file: "text.onnx",
      tokenizer: tokenizer.kind === "huggingface" ? { ...tokenizer, file: TOKENIZER_FILE } : tokenizer,
    },
  };
}

/** Writes both towers and, where there is one, a copy of the tokenizer's file. */
export async function writeTowers(
  folder: string,
  { image, text }: TowerGraphs,
  tokenizerFile: string | undefined,
  options: {
    readonly signal?: AbortSignal | undefined;
    /** Bytes of weights written and in all. */
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  } = {},
): Promise<WrittenFile[]> {
  const total = sizeOf(image.weights) + sizeOf(text.weights);
  let done = 0;
  const { signal, onProgress } = options;
  const onBytes = (bytes: number): void => {
    done += bytes;
    onProgress?.(done, total);
  };
  const files = [
    ...(await writeTower(folder, "image", image, { signal, onBytes })),
    ...(await writeTower(folder, "text", text, { signal, onBytes })),
  ];
  if (tokenizerFile !== undefined)
    files.push(
      await writeSynced(folder, TOKENIZER_FILE, [Buffer.from(await readTokenizerFile(tokenizerFile))]),
    );
  return files;
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
