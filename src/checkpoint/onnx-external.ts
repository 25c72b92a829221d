import { ClipError } from "../errors.js";
import { Budget } from "./budget.js";
import type { FileReader } from "./reader.js";

/** A piece of a file beside an ONNX file that holds a tensor's bytes. */
export interface ExternalPiece {
  readonly location: string;
  readonly offset: number;
  /** 0 where the file does not say: to the end. */
  readonly length: number;
}

/** Fields walked: an exported graph has some 10,000 nodes of some 20 fields each. */
const MOST_FIELDS = 5_000_000;

/** Graphs inside nodes (If, Loop): optimum's exports have 2 levels. */
const MOST_DEPTH = 10;

/** Bytes of a file's name and of a decimal number. */
const MOST_TEXT_BYTES = 1000;

/** Bytes read at once, so that small fields cost no call each. */
const WINDOW_BYTES = 2 ** 16;

/** Where messages can hold tensors with external data: message → field number → message (onnx.proto3). */
const INSIDE: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  function: { 7: "node", 11: "attribute" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: { 13: "external" },
};

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * All pieces of external data that an ONNX file's tensors name, wherever they lie in it; their bytes are not read.
 * Raises `checkpoint.format` for what is no ONNX graph, `checkpoint.truncated` or `checkpoint.unsafe`.
 */
export function externalPieces(reader: FileReader): ExternalPiece[] {
  const walk = new Walk(reader);
  walk.message("model", { start: 0, end: reader.size }, 0);
  if (walk.graphs > 0) return walk.pieces;
  throw new ClipError("checkpoint.format", `Expected an ONNX graph in ${reader.name} but it has none.`);
}

class Walk {
  readonly pieces: ExternalPiece[] = [];
  graphs = 0;
  readonly #budget: Budget;
  #window = new Uint8Array(0);
  #windowStart = 0;

  constructor(readonly reader: FileReader) {
    this.#budget = new Budget(MOST_FIELDS, `reading ${reader.name}`);
  }

  message(type: string, span: Span, depth: number): void {
    if (type === "graph" && depth > MOST_DEPTH) {
      throw new ClipError(
        "checkpoint.unsafe",
        `Expected graphs at most ${MOST_DEPTH} deep in ${this.reader.name} but they are deeper.`,
      );
    }
    if (type === "graph") this.graphs++;
    const external: Span[] = [];
    for (const { number, ...field } of this.#fields(span)) {
      const inner = INSIDE[type]?.[number];
      if (inner === "external") external.push(field);
      else if (inner) this.message(inner, field, inner === "graph" ? depth + 1 : depth);
    }
    if (external.length > 0) this.pieces.push(this.#piece(external));
  }

  /** Entries of key (1) and value (2): location, offset and length, others are of no matter here. */
  #piece(entries: readonly Span[]): ExternalPiece {
    const values = new Map<string, string>();
    for (const entry of entries) {
      const parts = new Map([...this.#fields(entry)].map((field) => [field.number, this.#text(field)]));
      values.set(parts.get(1) ?? "", parts.get(2) ?? "");
    }
    const whole = (key: string): number => {
      const number = Number(values.get(key) ?? 0);
      if (Number.isSafeInteger(number) && number >= 0) return number;
      throw this.#broken(`the ${key} of external data is ${values.get(key)}`);
    };
    return { location: values.get("location") ?? "", offset: whole("offset"), length: whole("length") };
  }

  #text({ start, end }: Span): string {
    if (end - start > MOST_TEXT_BYTES) throw this.#broken("a name in it is too long");
    return new TextDecoder().decode(this.reader.read(start, end - start));
  }

  /** The length-delimited fields of a message. */
  *#fields({ start, end }: Span): Generator<Span & { readonly number: number }> {
    for (let at = start; at < end; ) {
      this.#budget.spend(1);
      const key = this.#varint(at, end);
      const wire = key.value % 8;
      if (wire === 2) {
        const length = this.#varint(key.next, end);
        const stop = length.next + length.value;
        if (stop > this.reader.size) throw this.reader.truncated(stop);
        if (stop > end) throw this.#broken("a field is longer than what holds it");
        yield { number: Math.floor(key.value / 8), start: length.next, end: stop };
        at = stop;
      } else if (wire === 0) at = this.#varint(key.next, end).next;
      else if (wire === 1 || wire === 5) at = key.next + (wire === 1 ? 8 : 4);
      else throw this.#broken(`byte ${at} begins no field`);
      if (at > end) throw this.#broken("a field is longer than what holds it");
    }
  }

  /** Up to 10 bytes of 7 bits; numbers beyond 2^53 are only negative ones that nothing here reads. */
  #varint(from: number, end: number): { value: number; next: number } {
    let value = 0;
    for (let i = 0; i < 10 && from + i < end; i++) {
      const byte = this.#byte(from + i);
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return { value, next: from + i + 1 };
    }
    throw this.#broken(`byte ${from} begins no number`);
  }

  #byte(at: number): number {
    const inside = at - this.#windowStart;
    if (inside >= 0 && inside < this.#window.length) return this.#window[inside]!;
    this.#window = new Uint8Array(this.reader.read(at, Math.min(WINDOW_BYTES, this.reader.size - at)));
    this.#windowStart = at;
    return this.#window[0]!;
  }

  #broken(why: string): ClipError {
    return new ClipError("checkpoint.format", `Expected ${this.reader.name} to be an ONNX file but ${why}.`);
  }
}
