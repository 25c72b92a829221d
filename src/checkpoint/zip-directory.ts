import { ClipError } from "../errors.js";
import type { FileReader } from "./reader.js";

/** One entry as the archive's directory lists it (numbers as declared, not yet checked against the file). */
export interface ZipRecord {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly deflated: boolean;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly stored: number;
  /** Bytes once inflated. */
  readonly size: number;
  /** Offset of the local header. */
  readonly header: number;
}

/** Bytes of the end record and of the longest comment behind it (APPNOTE 4.3.16). */
const END_BYTES = 22;
const MOST_COMMENT = 0xffff;

/** Entries of one archive: a TorchScript file has a few a module and one a tensor, under 5,000 for the largest CLIP. */
const MOST_ENTRIES = 100_000;

/** Bytes of the directory: about 100 an entry. */
const MOST_DIRECTORY_BYTES = 2 ** 25;

const UTF8 = new TextDecoder();

const ALL_ONES = 0xffffffff;

interface End {
  readonly count: number;
  readonly size: number;
  readonly start: number;
  /** Where the end records begin: the directory must stop there. */
  readonly limit: number;
}

/** The entries of a zip archive, plain or zip64, and the offset of its directory, which ends all entries' bytes. */
export function readDirectory(reader: FileReader): { records: ZipRecord[]; end: number } {
  const { count, size, start, limit } = findEnd(reader);
  if (count > MOST_ENTRIES || size > MOST_DIRECTORY_BYTES) {
    const message = `Expected at most ${MOST_ENTRIES} entries in ${reader.name} but its directory has ${count} in ${size} bytes.`;
    throw new ClipError("checkpoint.unsafe", message);
  }
  if (start + size > limit) throw broken(reader, "the directory is not where the end record says");
  const bytes = reader.read(start, size);
  const view = new DataView(bytes.buffer);
  const records: ZipRecord[] = [];
  for (let at = 0; records.length < count; ) {
    if (at + 46 > size || view.getUint32(at, true) !== 0x02014b50)
      throw broken(reader, "its directory ends early");
    const next =
      at + 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > size) throw broken(reader, "its directory ends early");
    records.push(recordAt(reader, bytes.subarray(at, next)));
    at = next;
  }
  return { records, end: start };
}

function findEnd(reader: FileReader): End {
  const length = Math.min(reader.size, END_BYTES + MOST_COMMENT);
  const base = reader.size - length;
  const tail = reader.read(base, length);
  const view = new DataView(tail.buffer);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + END_BYTES + view.getUint16(at + 20, true) !== length)
      continue;
    const count = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 12, true);
    const start = view.getUint32(at + 16, true);
    if (view.getUint16(at + 4, true) !== 0 && view.getUint16(at + 4, true) !== 0xffff)
      throw broken(reader, "it is one of several volumes");
    if (count !== 0xffff && size !== ALL_ONES && start !== ALL_ONES)
      return { count, size, start, limit: base + at };
    return findEnd64(reader, base + at);
  }
  const message = `Expected ${reader.name} to end with a zip directory but it has none: it is truncated or damaged.`;
  throw new ClipError("checkpoint.truncated", message);
}

/** Zip64: a locator of 20 bytes before the end record points to an end record with 64-bit fields (APPNOTE 4.3.14). */
function findEnd64(reader: FileReader, end: number): End {
  if (end < 20) throw broken(reader, "its zip64 locator is missing");
  const locator = new DataView(reader.read(end - 20, 20).buffer);
  if (locator.getUint32(0, true) !== 0x07064b50) throw broken(reader, "its zip64 locator is missing");
  const limit = whole(reader, locator, 8);
  if (limit + 56 > end - 20) throw broken(reader, "its zip64 end record is not where the locator says");
  const view = new DataView(reader.read(limit, 56).buffer);
  if (view.getUint32(0, true) !== 0x06064b50) throw broken(reader, "its zip64 end record is missing");
  return {
    count: whole(reader, view, 32),
    size: whole(reader, view, 40),
    start: whole(reader, view, 48),
    limit,
  };
}

function recordAt(reader: FileReader, bytes: Uint8Array): ZipRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(8, true);
  const method = view.getUint16(10, true);
  const nameEnd = 46 + view.getUint16(28, true);
  const nameBytes = bytes.subarray(46, nameEnd);
  const name = UTF8.decode(nameBytes);
  if (flags & 1 || (method !== 0 && method !== 8)) {
    const how = flags & 1 ? "encrypted" : `packed by method ${method}`;
    throw new ClipError(
      "checkpoint.unsupported",
      `Expected ${name} in ${reader.name} to be stored or deflated but it is ${how}.`,
    );
  }
  const extra = bytes.subarray(nameEnd, nameEnd + view.getUint16(30, true));
  const wide = wideFields(reader, extra);
  const field = (at: number): number => {
    const value = view.getUint32(at, true);
    if (value !== ALL_ONES) return value;
    const next = wide.shift();
    if (next === undefined) throw broken(reader, `the zip64 sizes of ${name} are missing`);
    return next;
  };
  // The zip64 field holds those that are all ones, in this order (APPNOTE 4.5.3).
  const size = field(24);
  const stored = field(20);
  const header = field(42);
  return { name, nameBytes, deflated: method === 8, crc: view.getUint32(16, true), stored, size, header };
}

/** The 64-bit numbers in the extra field 0x0001. */
function wideFields(reader: FileReader, extra: Uint8Array): number[] {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > extra.length) break;
    if (view.getUint16(at, true) === 1) {
      return Array.from({ length: Math.floor(length / 8) }, (_, i) => whole(reader, view, at + 4 + 8 * i));
    }
    at += 4 + length;
  }
  return [];
}

function whole(reader: FileReader, view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (Number.isSafeInteger(value)) return value;
  throw broken(reader, `a zip64 number is ${value}`);
}

function broken(reader: FileReader, why: string): ClipError {
  return new ClipError("checkpoint.format", `Expected ${reader.name} to be a whole zip archive but ${why}.`);
}
