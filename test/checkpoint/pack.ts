import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll } from "vitest";
import { crc32 } from "../../src/checkpoint/crc32.js";

/** A folder that is removed after the file's tests. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-checkpoint-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes bytes under a name of their own and gives the path. */
export function put(folder: string, bytes: Uint8Array | string): string {
  const path = join(folder, createHash("sha256").update(bytes).digest("hex").slice(0, 12));
  writeFileSync(path, bytes);
  return path;
}

/** An entry for `zip`; numbers given here are written in place of the true ones. */
export interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly stored?: number;
  readonly header?: number;
  readonly localName?: string;
  /** Writes the directory's sizes as zip64, these in place of size, stored size and offset. */
  readonly wide?: readonly bigint[];
}

/** A zip archive, written here so that it can lie. */
export function zip(
  entries: readonly Entry[],
  end: { count?: number; start?: number; size?: number; isZip64?: boolean; end64?: bigint } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const packed = entry.deflate ? deflateRawSync(entry.bytes) : Buffer.from(entry.bytes);
    const name = Buffer.from(entry.name);
    const localName = Buffer.from(entry.localName ?? entry.name);
    const method = entry.method ?? (entry.deflate ? 8 : 0);
    const crc = entry.crc ?? crc32(entry.bytes);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(localName.length, 26);
    parts.push(local, localName, packed);
    const extra = Buffer.alloc(entry.wide ? 4 + 8 * entry.wide.length : 0);
    if (entry.wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(8 * entry.wide.length, 2);
      for (const [i, value] of entry.wide.entries()) extra.writeBigUInt64LE(value, 4 + 8 * i);
    }
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(entry.flags ?? 0, 8);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(crc, 16);
    record.writeUInt32LE(entry.wide ? 0xffffffff : (entry.stored ?? packed.length), 20);
    record.writeUInt32LE(entry.wide ? 0xffffffff : (entry.size ?? entry.bytes.length), 24);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt16LE(extra.length, 30);
    record.writeUInt32LE(entry.wide ? 0xffffffff : (entry.header ?? at), 42);
    directory.push(record, name, extra);
    at += 30 + localName.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const start = end.start ?? at;
  const size = end.size ?? listed.length;
  const count = end.count ?? entries.length;
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(end.isZip64 ? 0xffff : count, 10);
  last.writeUInt32LE(end.isZip64 ? 0xffffffff : size, 12);
  last.writeUInt32LE(end.isZip64 ? 0xffffffff : start, 16);
  const wide = Buffer.alloc(end.isZip64 ? 76 : 0);
  if (end.isZip64) {
    wide.writeUInt32LE(0x06064b50, 0);
    for (const [i, value] of [count, size, start].entries()) wide.writeBigUInt64LE(BigInt(value), 32 + 8 * i);
    wide.writeUInt32LE(0x07064b50, 56);
    wide.writeBigUInt64LE(end.end64 ?? BigInt(at + listed.length), 64);
  }
  return Buffer.concat([...parts, listed, wide, last]);
}

/** A torch archive of that pickle and storages 0, 1, … */
export function torchZip(pickle: Uint8Array, storages: readonly Uint8Array[] = [new Uint8Array(24)]): Buffer {
  const data = storages.map((bytes, key) => ({ name: `a/data/${key}`, bytes }));
  return zip([{ name: "a/data.pkl", bytes: pickle }, ...data]);
}

/** Pickle pieces: texts are written as BINUNICODE, numbers as BININT, and `op` gives raw bytes. */
export type Piece = string | number | Uint8Array;

export function op(...codes: (number | string)[]): Uint8Array {
  return Buffer.concat(
    codes.map((code) => (typeof code === "number" ? Buffer.of(code) : Buffer.from(code, "latin1"))),
  );
}

export function pickle(...pieces: Piece[]): Buffer {
  const parts = pieces.map((piece) => {
    if (piece instanceof Uint8Array) return piece;
    const head = Buffer.alloc(5);
    if (typeof piece === "number") {
      head.write("J");
      head.writeInt32LE(piece, 1);
      return head;
    }
    head.write("X");
    head.writeUInt32LE(Buffer.byteLength(piece), 1);
    return Buffer.concat([head, Buffer.from(piece)]);
  });
  return Buffer.concat([op(0x80, 2), ...parts, op(".")]);
}

/** Pieces that make a tensor over storage 0 of 6 floats. */
export function tensor(
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
  elements = 6,
): Piece[] {
  const tuple = (values: readonly number[]): Piece[] => [op("("), ...values, op("t")];
  return [
    op("ctorch._utils\n_rebuild_tensor_v2\n("),
    ...[op("("), "storage", op("ctorch\nFloatStorage\n"), "0", "cpu", elements, op("tQ")],
    ...[offset, ...tuple(shape), ...tuple(strides)],
    op(0x89, "ccollections\nOrderedDict\n)RtR"),
  ];
}

/** A dict of those keys and values. */
export function dict(entries: Readonly<Record<string, Piece[]>>): Piece[] {
  return [op("}("), ...Object.entries(entries).flatMap(([key, value]) => [key, ...value]), op("u")];
}

/** A safetensors file with that header, as an object or as raw text. */
export function safetensors(
  header: Readonly<Record<string, unknown>> | string,
  data = new Uint8Array(0),
): Buffer {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}
