import { expect, test } from "vitest";
import { encodeTexts, type TextSide } from "../../src/encode/texts.js";
import type { Warning } from "../../src/encoder.js";

/** A tower that gives every text a vector. */
function side(more: Partial<TextSide>): TextSide {
  return {
    session: {
      run: async (feeds) => {
        const [count] = feeds["ids"]!.dims;
        return { data: new Float32Array(2 * count!).fill(1), dims: [count!, 2] };
      },
    },
    tower: {
      file: "text.onnx",
      output: "features",
      idsInput: "ids",
      idsType: "int32",
      tokenizer: { kind: "clip-bpe", contextLength: 77 },
    },
    tokenizer: {
      maxLength: 77,
      padId: 0,
      encode: (text) => ({ ids: [1, text.length, 2], lost: 0, unknown: 0 }),
    },
    dim: 2,
    knownScripts: undefined,
    ...more,
  };
}

async function warningsOf(more: Partial<TextSide>, texts: readonly string[]): Promise<Warning[]> {
  const warnings: Warning[] = [];
  const vectors = await encodeTexts(side(more), texts, { onWarning: (warning) => warnings.push(warning) });
  expect(vectors).toHaveLength(texts.length);
  return warnings;
}

const ENGLISH = { knownScripts: ["Latin"], languages: ["en"] };
const CHINESE = { knownScripts: ["Han", "Latin"], languages: ["zh"] };
const TWENTY = [
  ...[
    "cat",
    "perro",
    "猫",
    "ねこ",
    "고양이",
    "кошка",
    "γάτα",
    "قطة",
    "חתול",
    "बिल्ली",
    "বিড়াল",
    "பூனை",
    "పిల్లి",
    "แมว",
    "კატა",
  ],
  ...["կատու", "ድመት", "ឆ្មា", "બિલાડી", "ਬਿੱਲੀ", "ಬೆಕ್ಕು", "പൂച്ച", "බළලා", "ແມວ", "ကြောင်"],
];

test("a mixed list in twenty scripts is answered, with a warning of scripts and one of languages", async () => {
  const [scripts, languages, ...more] = await warningsOf(ENGLISH, TWENTY);
  expect(more).toEqual([]);
  expect(scripts).toMatchObject({ code: "text.unknown-script", count: TWENTY.length - 2 });
  expect(scripts!.message).toMatch(
    /^"猫" \(and 22 more\) is written in Han, Hiragana, .* and \d+ more scripts, but this model only knows Latin/,
  );
  expect(languages).toEqual({
    code: "text.unknown-language",
    count: 1,
    message:
      '"perro" seems to be Spanish, but this model was trained on English: write it in English (a label set may hold translations), or use a model that was trained on such texts.',
  });
});

test("a model of one language is told another's words, whatever is in its script", async () => {
  expect(await warningsOf(CHINESE, ["一只猫", "狗"])).toEqual([]);
  const [warning] = await warningsOf(CHINESE, ["a photo of a cat"]);
  expect(warning).toMatchObject({ code: "text.unknown-language" });
  expect(warning!.message).toMatch(
    /seems to be English, but this model was trained on Chinese: write it in Chinese/,
  );
});

test("a model of many languages, and one of which nothing is said, are told nothing", async () => {
  expect(await warningsOf({ languages: ["mul"] }, TWENTY)).toEqual([]);
  expect(await warningsOf({}, TWENTY)).toEqual([]);
});

test("texts that were warned of are told as strange", async () => {
  let strange: readonly number[] = [];
  await encodeTexts(side(ENGLISH), ["a photo of a perro", "a photo of a dog"], {
    names: ["perro", "dog"],
    onStrange: (positions) => {
      strange = positions;
    },
  });
  expect(strange).toEqual([0]);
});
