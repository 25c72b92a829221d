import { type FileHandle, open, rm } from "node:fs/promises";
import { partialName, publishFile } from "../models/atomic.js";
import { writeDigest } from "./digest.js";
import { KEY_BYTES } from "./key-table.js";

/**
 * One packed file: 16 bytes of head (mark, vector length, capacity), `capacity` keys of 16 bytes (zeros where none is
 * yet), then `capacity` records of 8 bytes checksum and the vector, f32 in the machine's order. A record is written
 * before its key, so that a process that dies between leaves the place free; a checksum shows everything else.
 */
export interface SegmentShape {
  /** Length of a vector. */
  readonly dim: number;
  /** Records that it has room for. */
  readonly capacity: number;
}

/** Start of the file. The last digits tell formats, and the two byte orders of numbers, apart. */
const MARK = new Uint8Array(new Uint32Array([0x4356435a, 0x00000001]).buffer);
/** Most records of a segment: in the table of keys, the segment's position and the slot share 31 bits. */
export const MOST_RECORDS = 65_536;

const HEAD_BYTES = 16;
const CHECK_BYTES = 8;

/** Records between two wanted ones that are read along rather than begun anew: about 64 KiB for usual vectors. */
const NEAR = 32;
/** Bytes of one read: above this a larger one gains nothing. */
const MOST_READ = 4 * 1024 * 1024;

/** Bytes of one vector's record with its key. */
export function recordBytes(dim: number): number {
  return KEY_BYTES + CHECK_BYTES + 4 * dim;
}

/** Of key and vector [dim · 4 bytes] → the checksum, written where it is wanted. One call of the hash, over both in one array: a record costs microseconds. */
function checksums(dim: number): (key: Uint8Array, vector: Uint8Array, into: Uint8Array, at: number) => void {
  const both = new Uint8Array(KEY_BYTES + 4 * dim);
  return (key, vector, into, at) => {
    both.set(key);
    both.set(vector, KEY_BYTES);
    writeDigest(both, into, at, CHECK_BYTES);
  };
}

const keyPlace = (slot: number): number => HEAD_BYTES + slot * KEY_BYTES;
const recordPlace = ({ dim, capacity }: SegmentShape, slot: number): number =>
  HEAD_BYTES + capacity * KEY_BYTES + slot * (CHECK_BYTES + 4 * dim);

/** Makes an empty segment, at once. */
export async function createSegment(path: string, { dim, capacity }: SegmentShape): Promise<void> {
  const partial = partialName(path);
  try {
    const file = await open(partial, "wx");
    try {
      await file.write(MARK, 0, MARK.length, 0);
      await file.write(new Uint8Array(new Uint32Array([dim, capacity]).buffer), 0, 8, MARK.length);
      await file.truncate(keyPlace(capacity));
    } finally {
      await file.close();
    }
    await publishFile(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A segment's shape and the keys in it, in order of their slots [count · 16]; undefined where the file is no whole segment. */
export async function readKeys(
  path: string,
  dim: number,
): Promise<{ capacity: number; keys: Uint8Array } | undefined> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(HEAD_BYTES);
    await file.read(head, 0, HEAD_BYTES, 0);
    const [foundDim, capacity] = new Uint32Array(head.buffer, MARK.length);
    const marked = MARK.every((byte, i) => byte === head[i]);
    if (!marked || foundDim !== dim || capacity! < 1 || capacity! > MOST_RECORDS) return undefined;
    const keys = new Uint8Array(capacity! * KEY_BYTES);
    const { bytesRead } = await file.read(keys, 0, keys.length, HEAD_BYTES);
    if (bytesRead < keys.length) return undefined;
    let count = 0;
    while (count < capacity! && !isEmpty(keys, count)) count += 1;
    return { capacity: capacity!, keys: keys.subarray(0, count * KEY_BYTES) };
  } finally {
    await file.close();
  }
}

function isEmpty(keys: Uint8Array, slot: number): boolean {
  for (let i = slot * KEY_BYTES; i < (slot + 1) * KEY_BYTES; i++) if (keys[i] !== 0) return false;
  return true;
}

/** Writes records from `slot` on; the caller holds the lock and has seen that there is room. */
export async function appendRecords(
  path: string,
  shape: SegmentShape,
  slot: number,
  records: readonly { readonly key: Uint8Array; readonly vector: Float32Array }[],
): Promise<void> {
  const size = CHECK_BYTES + 4 * shape.dim;
  const data = new Uint8Array(records.length * size);
  const keys = new Uint8Array(records.length * KEY_BYTES);
  const checksum = checksums(shape.dim);
  for (const [i, { key, vector }] of records.entries()) {
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    checksum(key, bytes, data, i * size);
    data.set(bytes, i * size + CHECK_BYTES);
    keys.set(key, i * KEY_BYTES);
  }
  const file = await open(path, "r+");
  try {
    await writeAll(file, data, recordPlace(shape, slot));
    await writeAll(file, keys, keyPlace(slot));
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
  }
}

/** A record that is looked for: `at` is the caller's own number. */
export interface Wanted {
  readonly slot: number;
  readonly key: Uint8Array;
  readonly at: number;
}

/** Calls `found` for each wanted record whose bytes are what was written; neighbours are read together. */
export async function readRecords(
  file: FileHandle,
  shape: SegmentShape,
  wanted: readonly Wanted[],
  found: (at: number, vector: Float32Array) => void,
): Promise<void> {
  const size = CHECK_BYTES + 4 * shape.dim;
  const most = Math.max(1, Math.floor(MOST_READ / size));
  const checksum = checksums(shape.dim);
  const sum = new Uint8Array(CHECK_BYTES);
  const sorted = [...wanted].sort((a, b) => a.slot - b.slot);
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i]!.slot;
    let end = i + 1;
    while (
      end < sorted.length &&
      sorted[end]!.slot - sorted[end - 1]!.slot <= NEAR &&
      sorted[end]!.slot - first < most
    ) {
      end += 1;
    }
    const records = sorted[end - 1]!.slot - first + 1;
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(records * size).buffer);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, recordPlace(shape, first));
    // Vectors are parts of what was read, but for a few of many, which would hold all of it.
    const copies = 2 * (end - i) < records;
    for (; i < end; i++) {
      const { slot, key, at } = sorted[i]!;
      const from = (slot - first) * size;
      if (from + size > bytesRead) continue;
      const vector = new Float32Array(bytes.buffer, from + CHECK_BYTES, shape.dim);
      checksum(key, bytes.subarray(from + CHECK_BYTES, from + size), sum, 0);
      if (sum.every((byte, j) => byte === bytes[from + j])) found(at, copies ? vector.slice() : vector);
    }
  }
}
