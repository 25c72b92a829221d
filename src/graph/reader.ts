import { ClipError } from "../errors.js";
import { type Dimension, ONNX_TYPES, type OnnxType } from "./types.js";

/** Reads part of a file; shorter than asked only at the file's end. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** An input or output that an ONNX file declares; a type outside ours is `other`. */
export interface DeclaredPort {
  readonly name: string;
  readonly type: OnnxType | "other";
  readonly shape: readonly Dimension[];
}

/** Bytes of one input's or output's declaration: a name and a few sizes; real ones have about 100. */
const MOST_PORT_BYTES = 1 << 16;

/** Fields walked before a file is taken for something else: exported graphs have a few thousand nodes and weights. */
const MOST_FIELDS = 1_000_000;

/** Longest varint of protobuf's wire format. */
const VARINT_BYTES = 10;

export interface Field {
  readonly number: number;
  readonly wire: number;
  /** Value of a varint; length of bytes. */
  readonly value: number;
  /** Of the content: bytes, or those of the number. */
  readonly start: number;
  readonly end: number;
}

/** What an ONNX file says of itself without its weights being read. */
export interface GraphOutline {
  readonly inputs: readonly DeclaredPort[];
  readonly outputs: readonly DeclaredPort[];
  /** Numbers in all weights together, whatever their type. */
  readonly parameters: number;
}

/** Walks an ONNX file of `size` bytes. Raises `graph.format` for anything else. */
export function readOutline(readAt: ReadAt, size: number): GraphOutline {
  const inputs: DeclaredPort[] = [];
  const outputs: DeclaredPort[] = [];
  let parameters = 0;
  for (const field of fields(readAt, 0, size)) {
    if (field.number !== 7 || field.wire !== 2) continue;
    for (const part of fields(readAt, field.start, field.end)) {
      if (part.wire !== 2) continue;
      if (part.number === 5) parameters += elementsOf(readAt, part);
      else if (part.number === 11) inputs.push(readPort(readAt, part));
      else if (part.number === 12) outputs.push(readPort(readAt, part));
    }
  }
  if (outputs.length === 0)
    throw new ClipError("graph.format", "Expected an ONNX graph with outputs but found none.");
  return { inputs, outputs, parameters };
}

/** TensorProto: field 1 holds the sizes, one by one or packed. */
function elementsOf(readAt: ReadAt, tensor: Field): number {
  let product = 1;
  for (const field of fields(readAt, tensor.start, tensor.end)) {
    if (field.number !== 1) continue;
    if (field.wire === 0) product *= field.value;
    for (let at = field.start; field.wire === 2 && at < field.end; ) {
      const size = varint(readAt, at, field.end);
      product *= size.value;
      at = size.next;
    }
  }
  return product;
}

/** ValueInfoProto: 1 name, 2 type → 1 tensor → 1 element type, 2 shape → 1 sizes. */
export function readPort(readAt: ReadAt, field: Field): DeclaredPort {
  if (field.end - field.start > MOST_PORT_BYTES) throw broken(field.start);
  const bytes = readAt(field.start, field.end - field.start);
  const local: ReadAt = (offset, length) => bytes.subarray(offset, offset + length);
  const textOf = ({ start, end }: Field): string => new TextDecoder().decode(bytes.subarray(start, end));
  const within = ({ start, end }: { start: number; end: number }, number: number): Field[] =>
    [...fields(local, start, end)].filter((part) => part.number === number);

  const all = { start: 0, end: bytes.length };
  const name = within(all, 1).map(textOf)[0] ?? "";
  const tensor = within(all, 2).flatMap((type) => within(type, 1))[0];
  const element = tensor && within(tensor, 1)[0]?.value;
  const type = (Object.keys(ONNX_TYPES) as OnnxType[]).find((key) => ONNX_TYPES[key] === element) ?? "other";
  const sizes = tensor ? within(tensor, 2).flatMap((shape) => within(shape, 1)) : [];
  const shape = sizes.map((size) => within(size, 1)[0]?.value ?? within(size, 2).map(textOf)[0] ?? "?");
  return { name, type, shape };
}

export function* fields(readAt: ReadAt, start: number, end: number): Generator<Field> {
  let at = start;
  for (let count = 0; at < end; count++) {
    if (count > MOST_FIELDS) throw broken(at);
    const key = varint(readAt, at, end);
    const wire = key.value % 8;
    const number = Math.floor(key.value / 8);
    const fixed = wire === 1 ? 8 : wire === 5 ? 4 : 0;
    if (fixed === 0 && wire !== 0 && wire !== 2) throw broken(at);
    const value = fixed ? { value: 0, next: key.next + fixed } : varint(readAt, key.next, end);
    const next = wire === 2 ? value.next + value.value : value.next;
    if (next > end) throw broken(at);
    yield { number, wire, value: value.value, start: wire === 2 ? value.next : key.next, end: next };
    at = next;
  }
}

export function varint(readAt: ReadAt, at: number, end: number): { value: number; next: number } {
  const bytes = readAt(at, Math.min(VARINT_BYTES, end - at));
  let value = 0;
  for (let i = 0; i < bytes.length; i++) {
    value += (bytes[i]! & 0x7f) * 2 ** (7 * i);
    if (bytes[i]! < 0x80) return { value, next: at + i + 1 };
  }
  throw broken(at);
}

export function broken(at: number): ClipError {
  return new ClipError("graph.format", `Expected an ONNX file but its bytes at ${at} are no part of one.`);
}
