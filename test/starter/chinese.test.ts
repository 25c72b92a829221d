import { readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clip, loadClip } from "../../src/clip.js";
import type { Warning } from "../../src/encoder.js";
import { dot } from "../../src/math/dot.js";
import { createHuggingFaceTokenizer } from "../../src/text/huggingface-tokenizer.js";

/** Made by tools/starter/chinese_goldens.py: texts, and their ids by the tokenizers library. */
const GOLDEN = JSON.parse(readFileSync("test/golden/starter-zh/tokens.json", "utf8")) as {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
};
const picture = (name: string): string => `bench/pictures/${name}.jpg`;

let clip: Clip;
const warnings: Warning[] = [];
beforeAll(async () => {
  clip = await loadClip("starter", { onWarning: (warning) => warnings.push(warning) });
});
afterAll(() => clip[Symbol.asyncDispose]());

describe("the starter reads Chinese", () => {
  const CHINESE = ["猫", "一杯咖啡", "火箭", "宇航员", "狗", "汽车"];

  it.each([
    ["cat", "猫"],
    ["coffee", "一杯咖啡"],
    ["rocket", "火箭"],
  ])("%s: %s", async (name, label) => {
    warnings.length = 0;
    const [best] = await clip.classify(picture(name), CHINESE);
    expect(best!.label).toBe(label);
    expect(warnings).toEqual([]);
  });

  it("beside English in one list, and in prompts", async () => {
    const [mixed] = await clip.classify(picture("cat"), ["a dog", "猫", "a rocket", "咖啡"]);
    expect(mixed!.label).toBe("猫");
    const templates = ["一张{}的照片。", "{}的图片。"];
    const [prompted] = await clip.classify(picture("coffee"), CHINESE, { templates });
    expect(prompted!.label).toBe("一杯咖啡");
  });

  it("in traditional characters the same as in simplified ones", async () => {
    const [old, plain] = [
      await clip.encodeTexts(["貓", "一隻貓坐在飛機上", "電視機"]),
      await clip.encodeTexts(["猫", "一只猫坐在飞机上", "电视机"]),
    ];
    for (const [i, vector] of old.entries()) expect(dot(vector, plain[i]!)).toBeGreaterThan(0.999);
  });

  it("near what the same means in English", async () => {
    const pairs = {
      猫: "cat",
      飞机: "airplane",
      自行车: "bicycle",
      香蕉: "banana",
      两只狗在草地上奔跑: "two dogs run on the grass",
    };
    const [chinese, english] = [
      await clip.encodeTexts(Object.keys(pairs)),
      await clip.encodeTexts(Object.values(pairs)),
    ];
    for (const [i, vector] of chinese.entries()) {
      const cosines = english.map((other) => dot(vector, other));
      expect(cosines.indexOf(Math.max(...cosines))).toBe(i);
    }
  });

  it("leaves English as it was, and is told what it can't read", async () => {
    expect(clip.model.knownScripts).toEqual(["Latin", "Han"]);
    warnings.length = 0;
    await clip.encodeTexts(["猫の写真", "кошка"]);
    expect(warnings.map(({ code, count }) => [code, count])).toEqual([["text.unknown-script", 2]]);
    await expect(clip.encodeTexts(["猫".repeat(200)], { truncate: false })).rejects.toThrow(
      expect.objectContaining({ code: "text.too-long" }),
    );
  });

  it("cuts texts into the tokens that the reference gives", () => {
    const json: unknown = JSON.parse(readFileSync("starter/tokenizer-zh.json", "utf8"));
    const tokenizer = createHuggingFaceTokenizer(json, { maxLength: 64, padTokenId: 0 });
    expect(GOLDEN.texts.length).toBeGreaterThan(100);
    for (const { text, ids } of GOLDEN.texts) expect([...tokenizer.encode(text).ids], text).toEqual(ids);
  });

  it("within the size that it was given", () => {
    expect(statSync("starter/text-zh.onnx").size).toBeLessThan(20e6);
  });
});
