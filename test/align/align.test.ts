import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { alignTexts } from "../../src/align/align.js";
import { ownScripts, readPairs } from "../../src/align/pairs.js";
import { principal, solveTokens } from "../../src/align/solve.js";
import { designOf, featuresOf, rounded } from "../../src/align/student.js";
import { findTokens, tokenizerJson } from "../../src/align/vocabulary.js";
import type { Clip } from "../../src/clip.js";
import { sample, seeded } from "../../src/math/random.js";
import { unit } from "../../src/math/unit.js";
import { createHuggingFaceTokenizer } from "../../src/text/huggingface-tokenizer.js";

const folder = mkdtempSync(join(tmpdir(), "zeroclip-align-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DIM = 24;
const WORDS = "red blue small old cat dog car tree house river bird bread".split(" ");
const KNOWN = new Map(
  WORDS.map((word, i) => {
    const random = seeded(i + 1);
    return [word, Float32Array.from({ length: DIM }, () => random() - 0.5)];
  }),
);
/** Latin letters as Greek ones: a language whose every word is known. */
const greek = (text: string): string =>
  text.replace(/[a-z]/g, (letter) =>
    String.fromCodePoint(0x3b1 + ("abcdefghijklmnopqrstuvwxyz".indexOf(letter) % 24)),
  );

/** A model whose vector of a text is that of its words, added up. */
const clip = {
  model: { dim: DIM, knownScripts: ["Latin"] },
  encodeTexts: async (texts: readonly string[]) =>
    texts.map((text) => {
      const sum = new Float32Array(DIM);
      for (const word of text.split(" ")) for (let i = 0; i < DIM; i++) sum[i]! += KNOWN.get(word)![i]!;
      return unit(sum);
    }),
} as unknown as Clip;

const pairs = Array.from({ length: 600 }, (_, i) => {
  const random = seeded(1000 + i);
  const known = sample(WORDS, 1 + Math.floor(random() * 4), i).join(" ");
  return { known, text: greek(known) };
});

describe("parallel text", () => {
  const file = (content: string): string => {
    const path = join(folder, `${Math.random()}.tsv`);
    writeFileSync(path, content);
    return path;
  };

  it("is read from lines with tabs and from JSON lines", async () => {
    const path = file(
      '猫\ta cat\n\n{"text": "狗", "known": "a dog", "more": 1}\r\n一只鸟\t a bird \tignored\n',
    );
    expect(await readPairs(path)).toEqual([
      { text: "猫", known: "a cat" },
      { text: "狗", known: "a dog" },
      { text: "一只鸟", known: "a bird" },
    ]);
  });

  it.each([
    ["猫", /two texts of 1 to 2000 characters in line 1/],
    ["猫\t ", /line 1/],
    ["猫\ta cat\n{x", /JSON in line 2/],
    ['{"text": 1, "known": "a"}', /line 1/],
    [`${"猫".repeat(2001)}\ta cat`, /line 1/],
  ])("says which line is wrong (%#)", async (content, message) => {
    await expect(readPairs(file(content))).rejects.toThrow(
      expect.objectContaining({ code: "align.pairs", message: expect.stringMatching(message) }),
    );
  });

  it("shows its script, if it is not the model's own", () => {
    const of = (...texts: string[]) =>
      ownScripts(
        texts.map((text) => ({ text, known: "x" })),
        ["Latin"],
      );
    expect(of("猫", "T恤", "狗")).toEqual(["Han"]);
    expect(of("ねこ 猫", "いぬ 犬", "トリ")).toEqual(["Han", "Hiragana"]);
    expect(() => of("Katze", "Hund")).toThrow(/script that the model does not read yet.*these are in Latin/);
  });
});

describe("tokens of a language", () => {
  it("are its signs, its words and what stands together, and the tokenizer finds the longest", () => {
    const texts = Array.from(
      { length: 40 },
      (_, i) => ["кот и собака", "飞机在天上", "一架飞机", "собака"][i % 4]!,
    );
    const tokens = findTokens(texts, 100);
    expect(tokens).toEqual(expect.arrayContaining(["к", "飞", "собака", "кот", "飞机"]));
    const reader = createHuggingFaceTokenizer(tokenizerJson(tokens), { maxLength: 16, padTokenId: 0 });
    const read = (text: string) => {
      const { ids, unknown } = reader.encode(text);
      return [ids.map((id) => ["[PAD]", "[UNK]", ...tokens][id]), unknown];
    };
    expect(read("Собака!")).toEqual([["собака", "[UNK]"], 1]);
    expect(read("飞机猫飞")).toEqual([["飞机", "[UNK]", "飞"], 1]);
    expect(read("")).toEqual([[], 0]);
    expect(findTokens(texts, 12).length).toBeLessThanOrEqual(
      Math.max(12, tokens.filter((t) => [...t].length === 1).length),
    );
  });

  it("with signs that mean something in expressions are matched as they are", () => {
    const tokens = findTokens(["a-b]c^d\\e", "a-b]c^d\\e"], 50);
    const reader = createHuggingFaceTokenizer(tokenizerJson(tokens), { maxLength: 16, padTokenId: 0 });
    expect(reader.encode("-]^\\").unknown).toBe(0);
  });
});

describe("the fit", () => {
  it("is that of ridge regression", async () => {
    const rows = [[0], [1], [0, 1], [2, 2]];
    const targets = Float32Array.of(1, 0, 0, 1, 1, 1, 4, 2);
    const x = await solveTokens(designOf(rows, 3, 0), targets, 2, { ridge: 1e-3, steps: 20 });
    expect([...x]).toEqual([1, 0, 0, 1, 2, 1].map((value) => expect.closeTo(value, 2)));
    // One token, seen twice with targets 1 and 3, ridge 2: (1 + 3) / (2 + 2).
    const one = await solveTokens(designOf([[0], [0]], 1, 0), Float32Array.of(1, 3), 1, {
      ridge: 2,
      steps: 5,
    });
    expect(one[0]).toBeCloseTo(1, 5);
  });

  it("finds the directions in which rows differ", () => {
    const random = seeded(3);
    const rows = Array.from({ length: 200 }, () => {
      const [a, b] = [10 * (random() - 0.5), 5 * (random() - 0.5)];
      return Float32Array.of(1 + a, 2 + b, 3 + 0.01 * random(), 4);
    });
    const { mean, basis } = principal(rows, 2, seeded(1));
    expect([...mean]).toEqual([1, 2, 3, 4].map((value) => expect.closeTo(value, 0)));
    expect(Math.abs(basis[0]!)).toBeCloseTo(1, 2);
    expect(Math.abs(basis[5]!)).toBeCloseTo(1, 2);
  });

  it("learns a language whose words add up, the same each time", async () => {
    const first = await alignTexts(clip, pairs, { width: DIM });
    const { figures, student, scripts } = first;
    expect(scripts).toEqual(["Greek"]);
    expect(figures.pairs.learnt + figures.pairs.held).toBe(pairs.length);
    expect(figures.cosine).toBeGreaterThan(0.95);
    // Pairs of the same words are as near as their own.
    expect(figures.found).toBeGreaterThan(0.8);
    const again = await alignTexts(clip, pairs, { width: DIM });
    expect(again.student.table).toEqual(student.table);
    const shuffled = pairs.map(({ text }, i) => ({ text, known: pairs[(i + 7) % pairs.length]!.known }));
    expect((await alignTexts(clip, shuffled, { width: DIM })).figures.cosine).toBeLessThan(0.7);
  });

  it("keeps what it rounds within a part of 127", () => {
    const vectors = Float32Array.of(1, -0.5, 0, 0, 100, 1);
    const { table, scales } = rounded(vectors, 2);
    expect([...table].map((value, i) => value * scales[i >> 1]!)).toEqual(
      [...vectors].map((value, i) => expect.closeTo(value, i < 4 ? 2 : 0)),
    );
    const student = {
      table,
      scales,
      width: 2,
      basis: Float32Array.of(1, 0, 0, 1),
      mean: new Float32Array(2),
      power: 1,
    };
    expect([...featuresOf(student, [0, 2])]).toEqual([expect.closeTo(50.5, 0), expect.closeTo(0.25, 0)]);
  });

  it("refuses too few pairs, settings that there are not, and ends when told", async () => {
    const failing = (more: object, given = pairs) => alignTexts(clip, given, more);
    await expect(failing({}, pairs.slice(0, 50))).rejects.toThrow(
      /Expected 100 pairs at least but received 50/,
    );
    await expect(failing({ width: 0 })).rejects.toThrow(expect.objectContaining({ code: "usage.align" }));
    await expect(failing({ tokens: 1.5 })).rejects.toThrow(expect.objectContaining({ code: "usage.align" }));
    await expect(failing({ signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ code: "aborted" }),
    );
  });
});
