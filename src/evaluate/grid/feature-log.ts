import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { type Embedding, stillUnit } from "../../math/unit.js";
import { makeFolder } from "../../models/folder.js";
import type { Seconds } from "../collect.js";

/** One picture's vector as it was computed. */
export interface LoggedFeature {
  /** Position of the picture in its set. */
  readonly position: number;
  /** Time it took; null where it came from the cache of pictures. */
  readonly seconds: Seconds;
  readonly vector: Embedding;
}

/**
 * A file of vectors that only grows: 16 bytes of head (mark, vector length), then records of position, seconds (NaN: from
 * a cache), vector and a sum. A process that is killed leaves whole records and at most one that is cut, which is cut off.
 */
export interface FeatureLog extends AsyncDisposable {
  /** What was there when it was opened, by position. */
  readonly known: ReadonlyMap<number, LoggedFeature>;
  append(features: readonly LoggedFeature[]): Promise<void>;
}

/** The last digits tell formats, and the two byte orders of numbers, apart. */
const MARK = [0x4c56435a, 0x00000001] as const;
const HEAD = 16;
/** Position, seconds and sum. */
const EXTRA = 3;
const MOST_READ = 4 * 1024 * 1024;

/** FNV-1a over words: damage is noticed, nobody is kept out. */
function sumOf(words: Uint32Array): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  return sum >>> 0;
}

/** Opens a log, or begins it where there is none, or one of another kind. */
export async function openFeatureLog(path: string, dim: number): Promise<FeatureLog> {
  await makeFolder(dirname(path));
  const file = await open(path, "a+");
  try {
    const known = new Map<number, LoggedFeature>();
    const end = await readRecords(file, dim, (feature) => known.set(feature.position, feature));
    await file.truncate(end);
    if (end === 0) await file.appendFile(new Uint8Array(new Uint32Array([...MARK, dim, 0]).buffer));
    return {
      known,
      append: (features) => file.appendFile(recordsOf(features, dim)),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function recordsOf(features: readonly LoggedFeature[], dim: number): Uint8Array {
  const size = dim + EXTRA;
  const words = new Uint32Array(features.length * size);
  const numbers = new Float32Array(words.buffer);
  for (const [i, { position, seconds, vector }] of features.entries()) {
    const at = i * size;
    words[at] = position;
    numbers[at + 1] = seconds ?? Number.NaN;
    numbers.set(vector, at + 2);
    words[at + size - 1] = sumOf(words.subarray(at, at + size - 1));
  }
  return new Uint8Array(words.buffer);
}

/** Whole records from the front; returns where the first that is none begins, 0 for a file of another kind. */
async function readRecords(
  file: FileHandle,
  dim: number,
  found: (feature: LoggedFeature) => void,
): Promise<number> {
  const head = new Uint32Array(HEAD / 4);
  const { bytesRead } = await file.read(new Uint8Array(head.buffer), 0, HEAD, 0);
  if (bytesRead < HEAD || head[0] !== MARK[0] || head[1] !== MARK[1] || head[2] !== dim) return 0;
  const size = dim + EXTRA;
  const atOnce = Math.max(1, Math.floor(MOST_READ / (4 * size)));
  let end = HEAD;
  for (;;) {
    const words = new Uint32Array(atOnce * size);
    const read = await readFully(file, new Uint8Array(words.buffer), end);
    const numbers = new Float32Array(words.buffer);
    const count = Math.floor(read / (4 * size));
    for (let i = 0; i < count; i++) {
      const at = i * size;
      const vector = stillUnit(numbers.subarray(at + 2, at + 2 + dim));
      const sound = words[at + size - 1] === sumOf(words.subarray(at, at + size - 1));
      if (!vector || !sound) return end;
      const seconds = numbers[at + 1]!;
      found({ position: words[at]!, seconds: Number.isNaN(seconds) ? null : seconds, vector });
      end += 4 * size;
    }
    if (count < atOnce) return end;
  }
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Vectors in memory alone, for a run that is not kept. */
export function memoryLog(): FeatureLog {
  return {
    known: new Map(),
    append: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
