import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClipError } from "../../src/errors.js";
import { MAX_CHARACTERS } from "../../src/text/clean.js";
import { createClipTokenizer } from "../../src/text/clip-tokenizer.js";
import { goldenJson, goldenRows } from "./support.js";

type Row = readonly [text: string, ids: readonly number[], whole: number];
const tokenizer = createClipTokenizer({ contextLength: 77 });

describe("createClipTokenizer", () => {
  it("gives the original's ids on every row of the golden table", () => {
    const rows = goldenRows<Row>("clip-ids.jsonl.gz");
    expect(rows.length).toBe(goldenJson<{ rows: number }>("provenance.json").rows);
    expect(rows.length).toBeGreaterThanOrEqual(2000);
    const different = rows.filter(([text, ids, whole]) => {
      const got = tokenizer.encode(text);
      return got.ids.join() !== ids.join() || got.ids.length + got.lost !== whole || got.unknown !== 0;
    });
    expect(different).toEqual([]);
  });

  it("knows the published ids of a plain prompt", () => {
    // CLIP's notebook "Interacting with CLIP": tokenizer.encode of "hello world!"
    expect(tokenizer.encode("Hello World!").ids).toEqual([49406, 3306, 1002, 256, 49407]);
  });

  it("keeps the end token of a long text and counts what it cut", () => {
    for (const [words, lost] of [
      [75, 0],
      [76, 1],
      [77, 2],
      [150, 75],
    ] as const) {
      const got = tokenizer.encode(Array(words).fill("dog").join(" "));
      expect(got.ids).toHaveLength(77);
      expect(got.ids.at(-1)).toBe(49407);
      expect(got.lost).toBe(lost);
    }
    expect(createClipTokenizer({ contextLength: 4 }).encode("a dog on grass")).toMatchObject({ lost: 2 });
  });

  it("gives the same ids from its cache, also after the cache was emptied", () => {
    const before = tokenizer.encode("a photo of a zebra").ids;
    for (let i = 0; i < 17_000; i += 20) {
      tokenizer.encode(
        Array.from(
          { length: 20 },
          (_, j) => `q${(i + j).toString(36).replace(/\d/g, (d) => "abcdefghij"[+d]!)}`,
        ).join(" "),
      );
    }
    expect(tokenizer.encode("a photo of a zebra").ids).toEqual(before);
  });

  it("takes any string: starts, ends, fits, stays in the vocabulary", () => {
    const any = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
        .map((units) => String.fromCharCode(...units)),
      fc
        .array(
          fc.constantFrom(
            "&",
            "#",
            "amp;",
            "Ã",
            "Â",
            "€",
            " ",
            "\xa0",
            "\n",
            "<",
            "'s",
            "í",
            "À",
            "\x1b[",
            ";",
          ),
          { maxLength: 40 },
        )
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(any, (text) => {
        const { ids, lost } = tokenizer.encode(text);
        expect(ids[0]).toBe(49406);
        expect(ids.at(-1)).toBe(49407);
        expect(ids.length).toBeLessThanOrEqual(77);
        expect(lost).toBeGreaterThanOrEqual(0);
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < 49408)).toBe(true);
      }),
      { numRuns: 1500, seed: 7 },
    );
  });

  it.each([
    ["one word", "a".repeat(MAX_CHARACTERS)],
    [
      "a word without repeats",
      Array.from({ length: MAX_CHARACTERS }, (_, i) => "etaoinshrdlu"[(i * i + (i >> 3)) % 12]).join(""),
    ],
    ["nested references", `&${"amp;".repeat(MAX_CHARACTERS / 4 - 1)}`],
    ["ampersands", "&".repeat(MAX_CHARACTERS)],
    ["mojibake", "Ã©".repeat(MAX_CHARACTERS / 2)],
    ["broken mojibake", "Ã€ â€".repeat(MAX_CHARACTERS / 5)],
    ["escapes", "\x1b[;".repeat(MAX_CHARACTERS / 4)],
    ["marks", `a${"\u0323\u0307".repeat(MAX_CHARACTERS / 2 - 1)}`],
    ["spaces", `${" ".repeat(MAX_CHARACTERS - 1)}x`],
    ["spaces within", `x${" \u3000".repeat(MAX_CHARACTERS / 2 - 1)}x`],
    ["lines", "é\n".repeat(MAX_CHARACTERS / 2)],
    ["emoji", "😀".repeat(MAX_CHARACTERS / 2)],
    ["surrogates", "\udc00".repeat(MAX_CHARACTERS)],
  ])("gets through 100,000 characters of %s", { timeout: 20_000 }, (_, text) => {
    const { ids } = tokenizer.encode(text);
    expect(ids.at(-1)).toBe(49407);
  });

  it("refuses a text beyond the bound and a context that no model has", () => {
    expect(() => tokenizer.encode("a".repeat(MAX_CHARACTERS + 1))).toThrow(
      new ClipError("text.too-large", "Expected a text of at most 100000 characters but received 100001."),
    );
    for (const contextLength of [1, 0, 2.5, Number.NaN, 1e9]) {
      expect(() => createClipTokenizer({ contextLength })).toThrow(
        expect.objectContaining({ code: "text.context-length" }),
      );
    }
  });
});
