import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { findTokenizer } from "../../src/models/folder-tokenizer.js";
import { readTokenizerFile } from "../../src/models/tokenizer-file.js";
import type { HubCleaningName } from "../../src/text/hub-cleaning.js";
import { createHuggingFaceTokenizer } from "../../src/text/huggingface-tokenizer.js";

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
