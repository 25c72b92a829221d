import { ClipError } from "../errors.js";
import { isJson, type Json, parseJsonObject } from "./json-file.js";
import type { FileReader } from "./reader.js";
import { bytesOf, checkTensorCount } from "./shape.js";
import type { DType, NamedTensor } from "./tensor.js";

/** safetensors' own bound on a header (MAX_HEADER_SIZE in safetensors/src/tensor.rs). */
const MOST_HEADER_BYTES = 100_000_000;

/** Names in the format → ours; those that no CLIP uses (F8, unsigned wide ones) are refused by name. */
const TYPES: Readonly<Record<string, DType>> = {
  ...{ F16: "f16", BF16: "bf16", F32: "f32", F64: "f64", BOOL: "bool" },
  ...{ U8: "u8", I8: "i8", I16: "i16", I32: "i32", I64: "i64" },
};

interface Piece extends Pick<NamedTensor, "name" | "dtype" | "shape" | "byteLength"> {
  readonly start: number;
  readonly end: number;
}

/** True where a file begins as safetensors do: a length below 1 TB, then an object. */
export function looksLikeSafetensors(head: Uint8Array): boolean {
  return head.length > 8 && head[8] === 0x7b && headerLength(head) < 2 ** 40;
}

/**
 * The tensors of a safetensors file: u64 length of the header, a JSON header, then the data. As the reference does,
 * the pieces must cover the data without overlap or holes. Raises `checkpoint.format`, `.truncated`, `.dtype`, `.unsafe`.
 */
export function readSafetensors(reader: FileReader): Map<string, NamedTensor> {
  return readWithMetadata(reader).tensors;
}

/** The same, and the texts that the header holds beside them. */
export function readWithMetadata(reader: FileReader): {
  readonly tensors: Map<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const length = headerLength(reader.read(0, 8));
  if (length > MOST_HEADER_BYTES) {
    throw new ClipError(
      "checkpoint.unsafe",
      `Expected a header of at most ${MOST_HEADER_BYTES} bytes but ${reader.name} announces ${length}.`,
    );
  }
  const bytes = reader.read(8, length);
  const header = parseJsonObject(bytes, `the header of ${reader.name}`);
  const pieces: Piece[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") pieces.push(pieceOf(name, entry, reader.name));
    else metadata = metadataOf(entry, reader.name);
  }
  checkTensorCount(pieces.length, reader.name);
  checkDuplicates(bytes, header, reader.name);
  checkCover(pieces, reader, 8 + length);
  const base = 8 + length;
  const tensors = new Map<string, NamedTensor>(
    pieces.map(({ start, end, ...piece }) => [
      piece.name,
      { ...piece, read: () => reader.read(base + start, end - start) },
    ]),
  );
  return { tensors, metadata };
}

function headerLength(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, 8);
  return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
}

function pieceOf(name: string, entry: unknown, file: string): Piece {
  const wrong = (what: string): ClipError =>
    new ClipError(
      "checkpoint.format",
      `Expected ${what} for ${name} in the header of ${file} but received something else.`,
    );
  if (!isJson(entry)) throw wrong("an object with dtype, shape and data_offsets");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string") throw wrong("a dtype");
  if (!Array.isArray(shape)) throw wrong("a list of sizes");
  const type = Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
  if (!type) {
    const known = Object.keys(TYPES).join(", ");
    throw new ClipError(
      "checkpoint.dtype",
      `Expected ${name} in ${file} to be one of ${known} but received ${dtype.slice(0, 40)}.`,
    );
  }
  const byteLength = bytesOf(name, shape, type);
  const [start, end, more]: unknown[] = Array.isArray(offsets) ? offsets : [];
  if (!isOffset(start) || !isOffset(end) || more !== undefined || end < start)
    throw wrong("two rising offsets");
  if (end - start !== byteLength) {
    const sizes = `[${shape.join(", ")}] of ${dtype}`;
    throw new ClipError(
      "checkpoint.format",
      `Expected ${name} ${sizes} to take ${byteLength} bytes but ${file} gives it ${end - start}.`,
    );
  }
  return { name, dtype: type, shape: shape as number[], byteLength, start, end };
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function metadataOf(entry: unknown, file: string): Readonly<Record<string, string>> {
  if (isJson(entry) && Object.values(entry).every((value) => typeof value === "string"))
    return entry as Readonly<Record<string, string>>;
  throw new ClipError(
    "checkpoint.format",
    `Expected __metadata__ in the header of ${file} to hold texts but it does not.`,
  );
}

function checkCover(pieces: readonly Piece[], reader: FileReader, base: number): void {
  let at = 0;
  for (const piece of [...pieces].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (piece.start !== at) {
      const fault = piece.start < at ? "overlap" : "leave a hole";
      throw new ClipError(
        "checkpoint.format",
        `Expected tensors side by side in ${reader.name} but they ${fault} before ${piece.name}.`,
      );
    }
    at = piece.end;
  }
  if (base + at > reader.size) throw reader.truncated(base + at);
  if (base + at < reader.size) {
    const message = `Expected ${reader.name} to end with its last tensor at ${base + at} but it has ${reader.size} bytes.`;
    throw new ClipError("checkpoint.format", message);
  }
}

/** JSON.parse keeps the last of equal keys in silence: counts the colons outside texts, one a key as written. */
function checkDuplicates(bytes: Uint8Array, header: Json, file: string): void {
  let written = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inText && byte === 0x5c) i++;
    else if (byte === 0x22) inText = !inText;
    else if (byte === 0x3a && !inText) written++;
  }
  const entries = Object.values(header);
  const kept = entries.reduce(
    (sum: number, entry) => sum + (isJson(entry) ? Object.keys(entry).length : 0),
    entries.length,
  );
  if (written === kept) return;
  throw new ClipError(
    "checkpoint.format",
    `Expected each key once in the header of ${file} but one is written twice or nested.`,
  );
}
