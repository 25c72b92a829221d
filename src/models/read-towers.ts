import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { ClipError } from "../errors.js";
import { readModel } from "../graph/read-model.js";
import type { Graph } from "../graph/types.js";
import type { OpenedModel } from "./manifest.js";
import type { TowerGraphs } from "./write-tower.js";

/** The ONNX files of a folder as plain data; weights are read when they are asked for. Raises `graph.*`. */
export async function readTowers({ folder, manifest }: OpenedModel): Promise<TowerGraphs> {
  return {
    image: readTower(join(folder, manifest.image.file)),
    text: readTower(join(folder, manifest.text.file)),
  };
}

function readTower(path: string): Graph {
  const size = usingFile(path, (file) => fstatSync(file).size);
  // Opened for each piece: weights are read long after, and nobody would know when to close the file.
  return readModel({
    size,
    readAt: windowed((offset, length) => readPiece(path, offset, length), size),
    readBeside: (location, offset, length) => {
      const beside = join(dirname(path), location);
      const bytes = readPiece(beside, offset, length);
      if (bytes.length === length) return bytes;
      const message = `Expected ${length} bytes at ${offset} of ${beside} but it ends after ${bytes.length}.`;
      throw new ClipError("graph.format", message);
    },
  });
}

type Read = (offset: number, length: number) => Uint8Array;

/** Bytes read at once, so that small fields cost no call each. */
const WINDOW_BYTES = 1 << 16;

function windowed(read: Read, size: number): Read {
  let window = new Uint8Array(0);
  let start = 0;
  return (offset, length) => {
    if (length > WINDOW_BYTES) return read(offset, length);
    if (offset < start || offset + length > start + window.length) {
      window = read(offset, Math.min(WINDOW_BYTES, size - offset)) as Uint8Array<ArrayBuffer>;
      start = offset;
    }
    return window.subarray(offset - start, offset - start + length);
  };
}

function readPiece(path: string, offset: number, length: number): Uint8Array {
  return usingFile(path, (file) => {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
  });
}

function usingFile<T>(path: string, use: (file: number) => T): T {
  const file = openSync(path, "r");
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}
