import { describe, expect, it } from "vitest";
import { encodeRouted, routeOf, type ScriptPart } from "../../src/encode/text-routes.js";
import type { TextSide } from "../../src/encode/texts.js";
import type { Warning } from "../../src/encoder.js";
import { Tower } from "../../src/models/tower.js";

const known = ["Latin", "Han"];

/** A side whose vectors are [tokens of the text, `mark`], before they are made unit length. */
function side(mark: number): TextSide {
  return {
    dim: 2,
    knownScripts: known,
    tokenizer: {
      maxLength: 8,
      padId: 0,
      encode: (text) => {
        const signs = [...text].slice(0, 8);
        return {
          ids: signs.map((sign) => sign.codePointAt(0)! % 1000),
          lost: [...text].length - signs.length,
          unknown: 0,
        };
      },
    },
    tower: {
      file: "text.onnx",
      idsInput: "ids",
      idsType: "int32",
      maskInput: "mask",
      output: "features",
      tokenizer: { kind: "huggingface", file: "t.json", maxLength: 8, padTokenId: 0, padToMaxLength: false },
    },
    session: {
      run: async (feeds) => {
        const { data, dims } = feeds["mask"]!;
        const [rows, length] = dims as [number, number];
        const out = new Float32Array(rows * 2);
        for (let row = 0; row < rows; row++) {
          for (let i = 0; i < length; i++) out[2 * row]! += Number(data[row * length + i]);
          out[2 * row + 1] = mark;
        }
        return { data: out, dims: [rows, 2] };
      },
    },
  };
}

const han: ScriptPart = {
  ...side(10),
  session: new Tower(() => Promise.reject(new Error("not opened here"))),
  scripts: ["Han"],
  openTokenizer: () => Promise.resolve(side(10).tokenizer),
};

describe("the tower that reads a text", () => {
  it.each([
    ["a cat", undefined],
    ["", undefined],
    ["123 !", undefined],
    ["一只猫", 0],
    ["貓", 0],
    ["T恤", 0],
    ["猫 (cat)", 0],
    ["猫の写真", undefined],
    ["кот и 猫", undefined],
    ["кот", undefined],
  ])("%j: %s", (text, route) => {
    expect(routeOf(text, [han])).toBe(route);
  });

  it("is the first one for what is no text, so that its error is told", () => {
    for (const odd of [undefined, null, 1, {}]) expect(routeOf(odd, [han])).toBeUndefined();
  });
});

describe("texts of several scripts", () => {
  const first = () => Promise.resolve(side(1));
  const second = () => Promise.resolve(side(10));

  it("come back in order, each from its tower, with all that is told about them", async () => {
    const texts = ["a dog", "一只狗", "cat", "это кот", "一只猫在很长的句子里面走来走去", "cat"];
    const told: Record<string, unknown> = {};
    const warnings: Warning[] = [];
    const progress: number[] = [];
    const vectors = await encodeRouted(texts, first, [han], second, {
      names: ["dog", "狗", "cat", "кот", "猫", "cat"],
      onTokens: (counts) => (told["tokens"] = counts),
      onStrange: (rows) => (told["strange"] = rows),
      onWarning: (warning) => warnings.push(warning),
      onProgress: ({ done, total }) => {
        expect(total).toBe(texts.length);
        progress.push(done);
      },
    });
    expect(vectors.map(([tokens, mark]) => mark! / tokens!)).toEqual(
      [1 / 5, 10 / 3, 1 / 3, 1 / 7, 10 / 8, 1 / 3].map((ratio) => expect.closeTo(ratio, 5)),
    );
    expect(told).toEqual({ tokens: [5, 3, 3, 7, 8, 3], strange: [3, 4] });
    expect(warnings.map(({ code }) => code).sort()).toEqual(["text.truncated", "text.unknown-script"]);
    expect(warnings.find(({ code }) => code === "text.unknown-script")!.message).toMatch(
      /"кот".*only knows Latin, Han/,
    );
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(texts.length);
  });

  it("open no tower that none of them needs", async () => {
    const never = () => Promise.reject(new Error("not needed"));
    await expect(encodeRouted(["a"], first, [han], never, {})).resolves.toHaveLength(1);
    await expect(encodeRouted(["猫"], never, [han], second, {})).resolves.toHaveLength(1);
    await expect(encodeRouted([], first, [han], never, {})).resolves.toEqual([]);
    await expect(encodeRouted([1 as never, "猫"], first, [han], second, {})).rejects.toThrow(
      expect.objectContaining({ code: "input.type" }),
    );
  });

  it("raise what one of the towers raises", async () => {
    const late = encodeRouted(["a", "一只猫在很长的句子里面"], first, [han], second, { truncate: false });
    await expect(late).rejects.toThrow(expect.objectContaining({ code: "text.too-long" }));
  });
});
