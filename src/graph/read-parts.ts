import { ClipError } from "../errors.js";
import { broken, type Field, type ReadAt } from "./reader.js";
import { ONNX_TYPES, type OnnxType } from "./types.js";

/** An ONNX file, and those beside it that hold its large weights. */
export interface ModelFile {
  readonly readAt: ReadAt;
  /** Of the file, bytes. */
  readonly size: number;
  /** Bytes of a file beside it, when a weight is asked for. */
  readBeside(location: string, offset: number, length: number): Uint8Array;
}

/** Bytes of a name. */
const MOST_NAME_BYTES = 1 << 12;

/** A name. Raises `graph.format` for one that is longer than any is. */
export function textOf(readAt: ReadAt, { start, end }: Field): string {
  if (end - start > MOST_NAME_BYTES) throw broken(start);
  return new TextDecoder().decode(readAt(start, end - start));
}

/** The element type with ONNX's number. */
export function typeOf(number: number, what: string): OnnxType {
  const found = (Object.keys(ONNX_TYPES) as OnnxType[]).find((type) => ONNX_TYPES[type] === number);
  if (found) return found;
  throw unsupported(`the element type ${number} of ${what}`);
}

export function unsupported(what: string): ClipError {
  return new ClipError("graph.unsupported", `Expected a plain ONNX graph but it has ${what}.`);
}

/** A whole number of 64 bits with its sign, which a varint of a file may be. */
export function signed(readAt: ReadAt, from: number, end: number): { value: number; next: number } {
  const bytes = readAt(from, Math.min(10, end - from));
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) {
    value |= BigInt(bytes[i]! & 0x7f) << BigInt(7 * i);
    if (bytes[i]! < 0x80) return { value: Number(BigInt.asIntN(64, value)), next: from + i + 1 };
  }
  throw broken(from);
}
