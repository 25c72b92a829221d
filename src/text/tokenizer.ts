/** One text as token ids, without padding; start and end tokens are in it. */
export interface TokenIds {
  readonly ids: readonly number[];
  /** Tokens of the text that did not fit and were cut; 0 when all did. */
  readonly lost: number;
  /** Tokens that the vocabulary could only answer with "unknown"; 0 for byte-level vocabularies. */
  readonly unknown: number;
}

/** Text → ids; what every tokenizer in this room offers. */
export interface Tokenizer {
  /** Most ids a text may have, start and end tokens included. */
  readonly maxLength: number;
  /** Id that fills rows of a batch to equal length. */
  readonly padId: number;
  encode(text: string): TokenIds;
}
