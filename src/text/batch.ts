import { ClipError } from "../errors.js";
import type { TokenIds } from "./tokenizer.js";

/** Rows of equal length, ready for a text tower. */
export interface TokenBatch {
  /** Ids [n, length], filled up with the padding id. */
  readonly ids: Int32Array;
  /** 1 where a token stands and 0 where the row is filled up [n, length]. */
  readonly mask: Int32Array;
  readonly length: number;
}

/** The same for a tower that takes 64-bit integers. */
export interface TokenBatch64 {
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
  readonly length: number;
}

/**
 * Texts of different lengths → one batch, as long as its longest text, or `padTo` long for towers of a fixed length.
 * Raises `text.too-long` where a row is longer than `padTo`.
 */
export function tokenBatch(
  tokens: readonly Pick<TokenIds, "ids">[],
  padId: number,
  padTo?: number,
): TokenBatch {
  const longest = tokens.reduce((most, row) => Math.max(most, row.ids.length), 0);
  const length = padTo ?? longest;
  if (longest > length) {
    throw new ClipError(
      "text.too-long",
      `Expected rows of at most ${length} tokens but received one of ${longest}.`,
    );
  }
  const ids = new Int32Array(tokens.length * length).fill(padId);
  const mask = new Int32Array(tokens.length * length);
  tokens.forEach((row, i) => {
    ids.set(row.ids, i * length);
    mask.fill(1, i * length, i * length + row.ids.length);
  });
  return { ids, mask, length };
}

/** As tokenBatch, in 64-bit integers. */
export function tokenBatch64(
  tokens: readonly Pick<TokenIds, "ids">[],
  padId: number,
  padTo?: number,
): TokenBatch64 {
  const { ids, mask, length } = tokenBatch(tokens, padId, padTo);
  return { ids: BigInt64Array.from(ids, BigInt), mask: BigInt64Array.from(mask, BigInt), length };
}
