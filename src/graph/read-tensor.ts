import { type ModelFile, signed, textOf, typeOf, unsupported } from "./read-parts.js";
import { broken, type Field, fields, type ReadAt } from "./reader.js";
import type { Attribute, OnnxType, Weight } from "./types.js";

const BYTES: Readonly<Record<OnnxType, number>> = {
  f32: 4,
  u8: 1,
  i8: 1,
  i32: 4,
  i64: 8,
  bool: 1,
  f16: 2,
  bf16: 2,
};

/** Directions of a tensor: ONNX Runtime takes no more. */
const MOST_DIMS = 8;

/** Numbers of a list that a node carries, or of a tensor that is not stored as bytes. */
const MOST_NUMBERS = 1 << 20;

/** Bytes of one weight: Node's largest buffer is above this on every 64-bit platform. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * TensorProto: 1 sizes, 2 element type, 4 floats, 5 and 7 whole numbers, 8 name, 9 bytes, 13 where its bytes lie beside the
 * file, 14 whether they do.
 */
export function readTensor(file: ModelFile, tensor: Field): Weight {
  const { readAt } = file;
  const parts = [...fields(readAt, tensor.start, tensor.end)];
  const only = (number: number): Field | undefined => parts.find((part) => part.number === number);
  const name = only(8) ? textOf(readAt, only(8)!) : "";
  const type = typeOf(only(2)?.value ?? 0, name);
  const dims = numbersOf(readAt, parts, 1);
  const count = dims.reduce((product, size) => product * size, 1);
  const byteLength = count * BYTES[type];
  const fits = dims.length <= MOST_DIMS && dims.every((size) => size >= 0) && byteLength <= MOST_BYTES;
  if (!fits) throw broken(tensor.start);
  const shared = { name, type, dims, byteLength };
  if (only(14)?.value === 1) return { ...shared, read: readerBeside(file, parts, byteLength) };
  const raw = only(9);
  if (raw) {
    if (raw.end - raw.start !== byteLength) throw broken(raw.start);
    return { ...shared, read: () => readAt(raw.start, byteLength) };
  }
  const bytes = bytesOfNumbers(readAt, parts, type);
  if (bytes.length !== byteLength) throw broken(tensor.start);
  return { ...shared, read: () => bytes };
}

/** Entries of key (1) and value (2). */
function readerBeside(file: ModelFile, parts: readonly Field[], byteLength: number): () => Uint8Array {
  const { readAt } = file;
  const entries = new Map<string, string>();
  for (const part of parts.filter(({ number, wire }) => number === 13 && wire === 2)) {
    const [key = "", value = ""] = [1, 2].map((wanted) => {
      const found = [...fields(readAt, part.start, part.end)].find(({ number }) => number === wanted);
      return found && textOf(readAt, found);
    });
    entries.set(key, value);
  }
  const location = entries.get("location") ?? "";
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? byteLength);
  // The path is put together with that of the file: it may not lead out of its folder.
  const isBeside = location !== "" && !/^\/|[\\:\0]|(?:^|\/)\.\.?(?:\/|$)/.test(location);
  if (!isBeside || !Number.isSafeInteger(offset) || offset < 0 || length !== byteLength)
    throw broken(parts[0]?.start ?? 0);
  return () => file.readBeside(location, offset, byteLength);
}

/** Numbers stored one by one, in the field that ONNX prescribes for the type. */
function bytesOfNumbers(readAt: ReadAt, parts: readonly Field[], type: OnnxType): Uint8Array {
  if (type === "f32") {
    const floats = parts
      .filter(({ number }) => number === 4)
      .map(({ start, end }) => readAt(start, end - start));
    return Uint8Array.from(Buffer.concat(floats));
  }
  const values = numbersOf(readAt, parts, type === "i64" ? 7 : 5);
  if (type === "i64") return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  if (type === "i32") return new Uint8Array(Int32Array.from(values).buffer);
  if (type === "f16" || type === "bf16") return new Uint8Array(Uint16Array.from(values).buffer);
  return Uint8Array.from(values);
}

/** A field of whole numbers, one by one or packed. */
function numbersOf(readAt: ReadAt, parts: readonly Field[], wanted: number): number[] {
  const numbers: number[] = [];
  for (const { number, wire, start, end } of parts) {
    if (number !== wanted) continue;
    if (wire !== 0 && wire !== 2) throw broken(start);
    for (let at = start; at < end; ) {
      const { value, next } = signed(readAt, at, end);
      if (numbers.push(value) > MOST_NUMBERS) throw broken(start);
      at = next;
    }
  }
  return numbers;
}

/** AttributeProto: 1 name, 2 float, 3 whole number, 4 text, 5 tensor, 8 whole numbers, 20 which of them. */
export function readAttribute(file: ModelFile, attribute: Field): [name: string, value: Attribute] {
  const { readAt } = file;
  const parts = [...fields(readAt, attribute.start, attribute.end)];
  const only = (number: number): Field | undefined => parts.find((part) => part.number === number);
  const name = only(1);
  if (!name) throw broken(attribute.start);
  const words = textOf(readAt, name);
  const kind = only(20)?.value;
  if (kind === 1) {
    const float = only(2);
    const bytes = float && readAt(float.start, 4);
    return [words, { float: bytes ? new DataView(bytes.slice().buffer).getFloat32(0, true) : 0 }];
  }
  if (kind === 2) return [words, numbersOf(readAt, parts, 3)[0] ?? 0];
  if (kind === 3) return [words, only(4) ? textOf(readAt, only(4)!) : ""];
  if (kind === 4 && only(5)) return [words, { tensor: readTensor(file, only(5)!) }];
  if (kind === 7) return [words, numbersOf(readAt, parts, 8)];
  throw unsupported(`an attribute ${words} of kind ${kind}`);
}
