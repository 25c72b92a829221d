import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { findTokenizer } from "../../src/models/folder-tokenizer.js";
import { readSentencePiece } from "../../src/models/sentencepiece.js";
import { readTokenizerFile } from "../../src/models/tokenizer-file.js";
import type { HubCleaningName } from "../../src/text/hub-cleaning.js";
import { createHuggingFaceTokenizer } from "../../src/text/huggingface-tokenizer.js";
import { CharacterMap } from "../../src/text/precompiled.js";

const TOKENIZERS = new URL("../golden/multilingual/tokenizers/", import.meta.url).pathname;

type Row = readonly [text: string, ids: readonly number[]];

function rowsOf(name: string): Row[] {
  const text = gunzipSync(readFileSync(`${TOKENIZERS}${name}-ids.jsonl.gz`)).toString("ascii");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

/** Each family's own file, and what transformers or SentencePiece makes of the table (tools/goldens/multilingual_texts.py). */
describe.each<[string, string, string, number, HubCleaningName | undefined]>([
  ["bert", "vocab.txt", "WordPiece", 0, undefined],
  ["xlm-roberta", "sentencepiece.bpe.model", "Unigram", 1, undefined],
  ["siglip", "spiece.model", "Unigram", 1, "siglip"],
  ["gemma", "tokenizer.json", "BPE", 0, "lower-case"],
])("%s", (name, file, kind, padTokenId, cleaning) => {
  test(`${file} is found, with what fills rows up`, async () => {
    expect(await findTokenizer(TOKENIZERS + name)).toEqual({
      file: `${TOKENIZERS}${name}/${file}`,
      kind,
      padTokenId,
    });
  });

  test("gives the reference's ids for more than a thousand strings in more than twenty scripts", async () => {
    const json: unknown = JSON.parse(await readTokenizerFile(`${TOKENIZERS}${name}/${file}`));
    const tokenizer = createHuggingFaceTokenizer(json, { maxLength: 100_000, padTokenId, cleaning });
    const rows = rowsOf(name);
    expect(rows.length).toBeGreaterThan(1000);
    const different = rows.filter(([text, ids]) => tokenizer.encode(text).ids.join() !== ids.join());
    expect(different.map(([text, ids]) => [text, ids, tokenizer.encode(text).ids])).toEqual([]);
  });
});

/** A protobuf field of bytes. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(number * 8 + 2, bytes.length), bytes]);
}

test.each([
  ["an empty file", Buffer.alloc(0), /no pieces/],
  ["a cut field", Buffer.from([10, 100, 1]), /field 1 that is cut/],
  ["a number without an end", Buffer.alloc(20, 0xff), /number without an end/],
  ["a group, which no such file has", Buffer.from([11]), /field 1 that is cut/],
  [
    "a BPE model",
    Buffer.concat([field(1, field(1, Buffer.from("a"))), field(2, Uint8Array.of(24, 2))]),
    /of kind 2/,
  ],
])("a SentencePiece file with %s is refused", (_, bytes, message) => {
  expect(() => readSentencePiece(bytes, "spiece.model")).toThrow(
    expect.objectContaining({ code: "model.unsupported", message: expect.stringMatching(message) }),
  );
});

test.each([
  ["nothing", ""],
  ["a length beyond its end", Buffer.from([255, 255, 0, 0, 1]).toString("base64")],
  ["a trie of odd length", Buffer.from([3, 0, 0, 0, 1, 2, 3]).toString("base64")],
])("a table of characters with %s is refused", (_, table) => {
  expect(() => new CharacterMap(table)).toThrow(expect.objectContaining({ code: "text.tokenizer" }));
});

test("a table of characters that points outside itself ends", () => {
  const words = Uint32Array.from([16, 0xffffffff, 0xffffffff, 0x7fffffff, 0x12345678]);
  const map = new CharacterMap(Buffer.from(words.buffer).toString("base64"));
  for (const text of ["abc", "\u0301\u0301", "猫", "\0"]) {
    expect(typeof map.byGraphemes(text)).toBe("string");
    expect(typeof map.byLongest(text)).toBe("string");
  }
});
