import { inflateRawSync } from "node:zlib";
import { ClipError } from "../errors.js";
import { crc32 } from "./crc32.js";
import type { FileReader } from "./reader.js";
import { readDirectory, type ZipRecord } from "./zip-directory.js";

/** One file in an archive, its bytes known to lie inside it. */
export interface ZipEntry extends ZipRecord {
  /** Where its (possibly deflated) bytes begin. */
  readonly start: number;
}

/** Deflate's best ratio is 1032 : 1 (zlib's technical notes); what claims more can't be true. */
const MOST_RATIO = 1032;

/** Bytes of one inflated entry: torch stores tensors as they are, only repacked archives deflate them. */
const MOST_INFLATED_BYTES = 2 ** 30;

/** Bytes of a local header before its name. */
const LOCAL_BYTES = 30;

/** A zip archive whose entries are inside the file, apart from each other, under unique names that don't leave it. */
export class ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;

  /** Raises `checkpoint.truncated`, `checkpoint.format`, `checkpoint.unsafe` or `checkpoint.unsupported`. */
  constructor(readonly reader: FileReader) {
    const entries = new Map<string, ZipEntry>();
    const { records, end } = readDirectory(reader);
    let free = 0;
    for (const record of [...records].sort((a, b) => a.header - b.header)) {
      checkName(record.name, reader.name);
      checkSize(record, reader.name);
      const start = this.#start(record);
      if (record.header < free)
        throw unsafe(reader, record, "to lie apart from the others but it overlaps one");
      free = start + record.stored;
      if (free > end) throw unsafe(reader, record, "to end before the directory but it runs into it");
      if (entries.has(record.name)) throw unsafe(reader, record, "once but it is there twice");
      entries.set(record.name, { ...record, start });
    }
    this.entries = entries;
  }

  /** Part of an entry's contents; bounds are those of its declared size. */
  read(entry: ZipEntry, offset = 0, length = entry.size - offset): Uint8Array {
    if (offset + length > entry.size) {
      const message = `Expected ${entry.name} in ${this.reader.name} to have ${offset + length} bytes but it has ${entry.size}.`;
      throw new ClipError("checkpoint.truncated", message);
    }
    if (!entry.deflated) return this.reader.read(entry.start + offset, length);
    return this.#inflate(entry).subarray(offset, offset + length);
  }

  /** A whole entry of at most `most` bytes with its CRC checked. */
  readChecked(entry: ZipEntry, most: number): Uint8Array {
    if (entry.size > most)
      throw unsafe(this.reader, entry, `to have at most ${most} bytes but it has ${entry.size}`);
    const bytes = this.read(entry);
    if (crc32(bytes) === entry.crc) return bytes;
    const message = `Expected ${entry.name} in ${this.reader.name} to have the checksum written beside it but it is damaged.`;
    throw new ClipError("checkpoint.damaged", message);
  }

  #inflate(entry: ZipEntry): Uint8Array {
    if (entry.size > MOST_INFLATED_BYTES) {
      throw unsafe(
        this.reader,
        entry,
        `to inflate to at most ${MOST_INFLATED_BYTES} bytes but it claims ${entry.size}`,
      );
    }
    let bytes: Uint8Array;
    try {
      bytes = inflateRawSync(this.reader.read(entry.start, entry.stored), {
        maxOutputLength: Math.max(1, entry.size),
      });
    } catch (error) {
      if (error instanceof ClipError) throw error;
      const message = `Expected ${entry.name} in ${this.reader.name} to inflate to ${entry.size} bytes but it does not.`;
      throw new ClipError("checkpoint.damaged", message, { cause: error });
    }
    if (bytes.length === entry.size) return bytes;
    const message = `Expected ${entry.name} in ${this.reader.name} to inflate to ${entry.size} bytes but received ${bytes.length}.`;
    throw new ClipError("checkpoint.damaged", message);
  }

  /** The local header repeats the name; both must agree, for some programs believe the one and some the other. */
  #start(record: ZipRecord): number {
    const local = this.reader.read(record.header, LOCAL_BYTES);
    const view = new DataView(local.buffer);
    if (view.getUint32(0, true) !== 0x04034b50)
      throw unsafe(this.reader, record, "to begin with a local header but it does not");
    const nameLength = view.getUint16(26, true);
    const name = this.reader.read(record.header + LOCAL_BYTES, nameLength);
    if (!sameBytes(name, record.nameBytes))
      throw unsafe(this.reader, record, "under one name but its header has another");
    return record.header + LOCAL_BYTES + nameLength + view.getUint16(28, true);
  }
}

function unsafe(reader: FileReader, record: ZipRecord, what: string): ClipError {
  return new ClipError("checkpoint.unsafe", `Expected the entry ${record.name} of ${reader.name} ${what}.`);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Nothing is ever written under these names; a name that would leave a folder still betrays an archive that lies. */
function checkName(name: string, file: string): void {
  const leaves = /^\/|^[A-Za-z]:|[\\\0]/.test(name) || name.split("/").includes("..");
  if (name !== "" && !leaves) return;
  throw new ClipError(
    "checkpoint.unsafe",
    `Expected names inside the archive ${file} but received ${JSON.stringify(name.slice(0, 200))}.`,
  );
}

function checkSize(record: ZipRecord, file: string): void {
  const possible = record.deflated
    ? record.size <= record.stored * MOST_RATIO
    : record.size === record.stored;
  if (possible) return;
  const message = `Expected ${record.name} in ${file} to be of a size that fits its ${record.stored} bytes but it claims ${record.size}.`;
  throw new ClipError("checkpoint.unsafe", message);
}
