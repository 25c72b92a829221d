import { ClipError } from "../errors.js";

/** A piece of a vocabulary and its logarithmic probability. */
type ScoredPiece = readonly [piece: string, score: number];

/** What a SentencePiece model of the kind Unigram holds. */
interface SentencePieceModel {
  readonly pieces: readonly ScoredPiece[];
  readonly unknownId: number;
  /** Base64; empty where texts are taken as they are. */
  readonly charactersMap: string;
}

/** Pieces of a vocabulary; Gemma's, the largest in use, has 256,000. */
const MOST_PIECES = 1 << 20;

/** `ModelProto.SentencePiece.Type` (sentencepiece_model.proto). */
const UNKNOWN = 2;

/** `TrainerSpec.ModelType`. */
const UNIGRAM = 1;

/**
 * Reads a SentencePiece file (`sentencepiece.bpe.model`, `spiece.model`: a protobuf, sentencepiece_model.proto). Raises
 * `model.unsupported` for one that is damaged or of another kind than Unigram.
 */
export function readSentencePiece(bytes: Uint8Array, where: string): SentencePieceModel {
  const pieces: ScoredPiece[] = [];
  let unknownId = 0;
  let kind = UNIGRAM;
  let charactersMap = "";
  for (const { field, value } of fieldsOf(bytes, where)) {
    if (typeof value === "number") continue;
    if (field === 1) {
      const { piece, score, type } = pieceOf(value, where);
      if (type === UNKNOWN) unknownId = pieces.length;
      pieces.push([piece, score]);
      if (pieces.length > MOST_PIECES) throw damaged(where, `more than ${MOST_PIECES} pieces`);
    } else if (field === 2) {
      for (const part of fieldsOf(value, where))
        if (part.field === 3 && typeof part.value === "number") kind = part.value;
    } else if (field === 3) {
      for (const part of fieldsOf(value, where))
        if (part.field === 2 && typeof part.value !== "number")
          charactersMap = Buffer.from(part.value).toString("base64");
    }
  }
  if (pieces.length === 0) throw damaged(where, "no pieces");
  if (kind === UNIGRAM) return { pieces, unknownId, charactersMap };
  const message = `Expected a SentencePiece model of the kind Unigram in ${where} (others need a tokenizer.json) but it is of kind ${kind}.`;
  throw new ClipError("model.unsupported", message);
}

function pieceOf(bytes: Uint8Array, where: string): { piece: string; score: number; type: number } {
  const found = { piece: "", score: 0, type: 1 };
  for (const { field, value } of fieldsOf(bytes, where)) {
    if (field === 1 && typeof value !== "number") found.piece = Buffer.from(value).toString("utf8");
    if (field === 2 && typeof value !== "number") found.score = Buffer.from(value).readFloatLE(0);
    if (field === 3 && typeof value === "number") found.type = value;
  }
  return found;
}

interface Field {
  readonly field: number;
  /** A whole number, or the bytes of a text, a message or a fixed-size number. */
  readonly value: number | Uint8Array;
}

/** The fields of a protobuf message in their order. */
function* fieldsOf(bytes: Uint8Array, where: string): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw damaged(where, "an end inside a number");
      if (shift < 49) value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw damaged(where, "a number without an end");
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) {
      yield { field, value: varint() };
      continue;
    }
    const length = wire === 2 ? varint() : wire === 5 ? 4 : wire === 1 ? 8 : -1;
    if (length < 0 || at + length > bytes.length) throw damaged(where, `a field ${field} that is cut`);
    yield { field, value: bytes.subarray(at, at + length) };
    at += length;
  }
}

function damaged(where: string, what: string): ClipError {
  return new ClipError("model.unsupported", `Expected a SentencePiece model in ${where} but it has ${what}.`);
}
