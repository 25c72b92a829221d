import { describe, expect, it } from "vitest";
import { createClipTokenizer } from "../../src/text/clip-tokenizer.js";
import { createHuggingFaceTokenizer } from "../../src/text/huggingface-tokenizer.js";
import { clipTokenizerJson, goldenJson, goldenRows } from "./support.js";

type Row = readonly [text: string, ids: readonly number[]];
const whole = { maxLength: 100_000, padTokenId: 0 };

function disagreements(json: unknown, golden: string): { rows: number; different: string[] } {
  const tokenizer = createHuggingFaceTokenizer(json, whole);
  const rows = goldenRows<Row>(golden);
  const different = rows.filter(([text, ids]) => tokenizer.encode(text).ids.join() !== ids.join());
  return { rows: rows.length, different: different.map(([text]) => text) };
}

describe("createHuggingFaceTokenizer", () => {
  it("agrees with Python on CLIP's own tokenizer.json", () => {
    expect(disagreements(clipTokenizerJson(), "hub-clip-ids.jsonl.gz").different).toEqual([]);
  });

  it("agrees with OpenAI's tokenizer where that cleans as transformers does", () => {
    const tokenizer = createClipTokenizer({ contextLength: 4096, cleaning: "transformers" });
    const rows = goldenRows<Row>("hub-clip-ids.jsonl.gz");
    const different = rows.filter(([text, ids]) => tokenizer.encode(text).ids.join() !== ids.join());
    expect(different.map(([text]) => text)).toEqual([]);
  });

  it("agrees with Python on a BERT WordPiece tokenizer", () => {
    expect(disagreements(goldenJson("hub-wordpiece.json"), "hub-wordpiece-ids.jsonl.gz").different).toEqual(
      [],
    );
  });

  it("shortens a text keeping the end token", () => {
    const clip = createHuggingFaceTokenizer(clipTokenizerJson(), { maxLength: 77, padTokenId: 49407 });
    const long = clip.encode("dog ".repeat(100));
    expect(long).toMatchObject({ lost: 25, unknown: 0 });
    expect(long.ids).toEqual(createClipTokenizer({ contextLength: 77 }).encode("dog ".repeat(100)).ids);
    expect(clip.padId).toBe(49407);
  });

  it("counts the words that WordPiece does not know", () => {
    const bert = createHuggingFaceTokenizer(goldenJson("hub-wordpiece.json"), {
      maxLength: 8,
      padTokenId: 0,
    });
    const { ids, unknown, lost } = bert.encode("a \u{1f9ff} dog \u{1f9ff} \u{1f9ff}");
    expect(unknown).toBe(3);
    expect(lost).toBe(0);
    expect([ids[0], ids.at(-1)]).toEqual([2, 3]);
  });

  it("refuses what is no tokenizer", () => {
    for (const json of [null, "text", {}, { model: {} }]) {
      expect(() => createHuggingFaceTokenizer(json, whole)).toThrow(
        expect.objectContaining({ code: "text.tokenizer" }),
      );
    }
    expect(() =>
      createHuggingFaceTokenizer(goldenJson("hub-wordpiece.json"), { maxLength: 1, padTokenId: 0 }),
    ).toThrow(expect.objectContaining({ code: "text.context-length" }));
  });
});
