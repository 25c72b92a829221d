import { describe, expect, it } from "vitest";
import type { Encoder, EncodeTextsOptions, Warning } from "../../src/encoder.js";
import { type Embedding, unit } from "../../src/math/unit.js";
import { predict } from "../../src/zeroshot/predict.js";
import type { LabelInput } from "../../src/zeroshot/prompts.js";
import { weighTemplates } from "../../src/zeroshot/template-weights.js";
import { extendWeights, type WeightsOptions, zeroShotWeights } from "../../src/zeroshot/weights.js";
import { letterEncoder } from "../support/letter-encoder.js";

/** The letter encoder, with every text that it was asked for. */
function listening(): { encoder: Encoder; seen: string[]; names: string[] } {
  const seen: string[] = [];
  const names: string[] = [];
  const inner = letterEncoder();
  const encodeTexts = async (
    texts: readonly string[],
    options: EncodeTextsOptions = {},
  ): Promise<Embedding[]> => {
    seen.push(...texts);
    names.push(...(options.names ?? []));
    return inner.encodeTexts(texts, options);
  };
  return { encoder: { ...inner, encodeTexts }, seen, names };
}

const HEN: LabelInput = {
  id: "n1",
  name: "hen",
  aliases: ["biddy"],
  description: "a grown female chicken",
  prompts: ["a hen on a farm"],
};

describe("labels with more than a name", () => {
  it("aliases go through every template, own prompts and the description once; results have the name", async () => {
    const { encoder, seen, names } = listening();
    const weights = await zeroShotWeights(encoder, [HEN, "egg"], ["{}", "{article} {label}"]);
    expect(seen).toEqual(
      ["hen", "a hen", "biddy", "a biddy", "a hen on a farm", "hen, a grown female chicken"].concat(
        "egg",
        "an egg",
      ),
    );
    expect(names.slice(0, 6)).toEqual(Array(6).fill("hen"));
    expect(weights.labels).toEqual(["hen", "egg"]);
    const mean = new Float32Array(26);
    for (const vector of await letterEncoder().encodeTexts(seen.slice(0, 6))) {
      for (let i = 0; i < 26; i++) mean[i]! += vector[i]!;
    }
    expect([...weights.vectors[0]!]).toEqual([...unit(mean)]);
  });

  it("weighted templates: an own prompt counts as a mean template", async () => {
    const { encoder } = listening();
    const one = { id: "x", name: "x", prompts: ["z"] };
    const { vectors, templateWeights } = await zeroShotWeights(encoder, [one], ["{}", "{} y"], {
      templateWeights: [3, 1],
    });
    expect(templateWeights).toEqual([3, 1]);
    // 3 · x + 1 · unit(x + y) + 2 · z
    const sum = new Float32Array(26);
    [sum[23], sum[24], sum[25]] = [3 + Math.SQRT1_2, Math.SQRT1_2, 2];
    unit(sum).forEach((value, i) => {
      expect(vectors[0]![i]).toBeCloseTo(value, 6);
    });
  });

  it.each([[[1]], [[1, -1]], [[0, 0]], [[1, Number.NaN]], [[1, 2, 3]]])(
    "refuses weights of two templates: %j",
    async (templateWeights) => {
      const { encoder } = listening();
      await expect(
        zeroShotWeights(encoder, ["a"], ["{}", "a {}"], { templateWeights }),
      ).rejects.toMatchObject({
        code: "labels.template-weights",
      });
    },
  );
});

describe("extendWeights", () => {
  it("computes only what is new, and gives the same as computing all", async () => {
    const { encoder, seen } = listening();
    const first = await zeroShotWeights(encoder, ["cat", "dog", HEN], ["{}", "a {}"]);
    seen.length = 0;
    const asked: LabelInput[] = ["dog", "emu", HEN];
    const second = await extendWeights(encoder, first, asked);
    expect(seen).toEqual(["emu", "a emu"]);
    expect(second).toEqual(await zeroShotWeights(encoder, asked, ["{}", "a {}"]));
    seen.length = 0;
    expect((await extendWeights(encoder, second, ["emu"])).vectors[0]).toBe(second.vectors[1]);
    expect(seen).toEqual([]);
  });

  it("computes anew what has other prompts under the same name", async () => {
    const { encoder, seen } = listening();
    const first = await zeroShotWeights(encoder, ["hen", "dog"], ["{}"]);
    seen.length = 0;
    const { made } = await extendWeights(encoder, first, [HEN, "dog"]);
    expect(seen).toEqual(["hen", "biddy", "a hen on a farm", "hen, a grown female chicken"]);
    expect(made).toHaveLength(2);
  });

  it("keeps the weights of templates", async () => {
    const { encoder } = listening();
    const templateWeights = [2, 1];
    const first = await zeroShotWeights(encoder, ["cat"], ["{}", "z {}"], { templateWeights });
    const both = await extendWeights(encoder, first, ["cat", "dog"]);
    expect(both).toEqual(await zeroShotWeights(encoder, ["cat", "dog"], ["{}", "z {}"], { templateWeights }));
  });
});

describe("weighTemplates", () => {
  it("gives the template that tells the pictures apart the most weight", async () => {
    const encoder = letterEncoder();
    const pictures = await encoder.encodeTexts(Array.from({ length: 20 }, (_, i) => (i % 2 ? "cat" : "dog")));
    const noise = "qqqqqqqqqqqqqqqq";
    const { weights, scores } = await weighTemplates(
      encoder,
      pictures,
      ["cat", "dog"],
      ["{}", `${noise} {}`],
    );
    expect(weights[0]! + weights[1]!).toBeCloseTo(1, 12);
    expect(scores[0]).toBeGreaterThan(scores[1]!);
    // By hand: cosines of cat with cat and dog are 1 and 0, so that half a cosine is left above the mean; scale 10.
    expect(scores[0]).toBeCloseTo(5, 5);
    expect(weights[0]).toBeCloseTo(1 / (1 + Math.exp(scores[1]! - scores[0]!)), 12);
  });

  it("takes no lead from what is near to every picture", async () => {
    const encoder = letterEncoder();
    const pictures = await encoder.encodeTexts(Array(10).fill("catdog"));
    const { scores } = await weighTemplates(encoder, pictures, ["cat", "dog"], ["{}", "catdog {}"]);
    for (const score of scores) expect(score).toBeCloseTo(0, 4);
  });

  it("asks for ten pictures", async () => {
    const encoder = letterEncoder();
    const few = await encoder.encodeTexts(Array(9).fill("cat"));
    await expect(weighTemplates(encoder, few, ["cat"], ["{}"])).rejects.toMatchObject({
      code: "labels.pictures",
    });
  });
});

describe("labels made to hurt", () => {
  const ask = async (labels: unknown, options: WeightsOptions = {}): Promise<readonly string[]> =>
    (await zeroShotWeights(letterEncoder(), labels as string[], ["{} x"], options)).labels;

  it.each<[string, unknown, string, RegExp]>([
    ["none", [], "labels.empty", /at least one label/],
    ["blank", ["cat", " \u00a0\t"], "labels.empty", /label 2 is empty/],
    ["joiners alone", ["cat", "\u200b\u2060"], "labels.empty", /label 2 is empty/],
    ["twice", ["cat", "dog", "cat "], "labels.duplicate", /"cat" is label 1 and label 3/],
    ["twice by name", ["cat", { id: "n1", name: "cat" }], "labels.duplicate", /label 1 and label 2/],
    [
      "too many",
      Array.from({ length: 200_001 }, (_, i) => `${i}`),
      "labels.too-many",
      /at most 200000 .* 200001/,
    ],
    ["a number", ["cat", 3], "labels.type", /words for label 2 but received 3/],
    ["a hole", ["cat", undefined], "labels.type", /label 2 but received undefined/],
    ["a sparse list", new Array(2), "labels.type", /label 1/],
    ["null", ["cat", null], "labels.type", /label 2 but received null/],
    ["no list", "cat,dog", "labels.type", /a list of labels but received "cat,dog"/],
    ["no name", [{ id: "cat" }], "labels.type", /label 1/],
    [
      "aliases that are no list",
      [{ name: "cat", aliases: "kitty" }],
      "labels.type",
      /aliases in words for the label "cat"/,
    ],
    [
      "prompts that are no words",
      [{ name: "cat", prompts: [1] }],
      "labels.type",
      /prompts in words for the label "cat"/,
    ],
    [
      "too many prompts",
      [{ name: "cat", prompts: Array(1001).fill("a") }],
      "labels.type",
      /at most 1000 prompts/,
    ],
  ])("%s", async (_, labels, code, sentence) => {
    const error = await ask(labels).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ClipError", code, message: expect.stringMatching(sentence) });
  });

  it("case alone is allowed, and warned of", async () => {
    const warnings: Warning[] = [];
    const labels = await ask(["Turkey", "turkey", "cat"], { onWarning: (warning) => warnings.push(warning) });
    expect(labels).toEqual(["Turkey", "turkey", "cat"]);
    expect(warnings.find(({ code }) => code === "labels.case")?.message).toMatch(
      /"Turkey" and "turkey" differ in case/,
    );
  });

  it("only emoji: what the model can't tell apart is warned of, once", async () => {
    const warnings: Warning[] = [];
    expect(await ask(["😀", "🎉", "🐈"], { onWarning: (warning) => warnings.push(warning) })).toHaveLength(3);
    expect(warnings).toEqual([
      { code: "labels.same", message: expect.stringMatching(/"😀" and "🎉" \(and 1 more\) are the same/) },
    ]);
  });

  it("one label, odd words and long ones", async () => {
    expect(await ask(["cat"])).toEqual(["cat"]);
    const odd = ["{}", "{label}", "$&", "a\u0000b", "x".repeat(50_000), "\ud800", "__proto__", "constructor"];
    expect(await ask(odd)).toEqual(odd);
  });

  it("100,000 labels, in bounded runs, in order", async () => {
    const labels = Array.from({ length: 100_000 }, (_, i) => `label ${i}`);
    const { encoder, seen } = listening();
    let most = 0;
    let done = 0;
    const counting: Encoder = {
      ...encoder,
      encodeTexts: async (texts, options) => {
        most = Math.max(most, texts.length);
        options?.onProgress?.({ done: texts.length, total: texts.length });
        return encoder.encodeTexts(texts, options);
      },
    };
    const weights = await zeroShotWeights(counting, labels, ["{}"], {
      onProgress: (progress) => {
        expect(progress.total).toBe(100_000);
        done = progress.done;
      },
    });
    expect(weights.labels).toHaveLength(100_000);
    expect(seen).toEqual(labels);
    expect(most).toBeLessThan(40_000);
    expect(done).toBe(100_000);
  });

  it("of a long list the first warning of a kind is told, and at the end how many there were", async () => {
    const labels = Array.from({ length: 10_000 }, (_, i) => `label ${i}`);
    const { encoder } = listening();
    const warning = encoder.encodeTexts.bind(encoder);
    encoder.encodeTexts = async (texts, options) => {
      const [first = ""] = texts;
      options?.onWarning?.({ code: "text.unknown-word", count: 3, message: `"${first}" (and 2 more)` });
      if (first === labels[0]) options?.onWarning?.({ code: "text.truncated", count: 1, message: "long" });
      return warning(texts, options);
    };
    const told: Warning[] = [];
    await zeroShotWeights(encoder, labels, ["{}"], { onWarning: (one) => told.push(one) });
    const ofTexts = told.filter(({ code }) => code.startsWith("text."));
    expect(ofTexts.map(({ code, count }) => [code, count])).toEqual([
      ["text.unknown-word", 3],
      ["text.truncated", 1],
      ["text.unknown-word", 6],
    ]);
    expect(told[0]!.message).toBe('"label 0" (and 2 more)');
    expect(told[2]!.message).toMatch(/^Of 6 further texts .* \(text\.unknown-word\)\.$/);
  });

  it("weights that are no numbers are an error, not an answer", async () => {
    const encoder = letterEncoder();
    const weights = await zeroShotWeights(encoder, ["cat", "dog"], ["{}"]);
    const broken = {
      ...weights,
      vectors: [weights.vectors[0]!, new Float32Array(26).fill(Number.NaN) as Embedding],
    };
    const [picture] = await encoder.encodeTexts(["cat"]);
    expect(() => predict(picture!, broken, 10)).toThrowError(
      expect.objectContaining({ code: "runtime.features", message: expect.stringMatching(/"dog"/) }),
    );
    expect(predict(picture!, weights, 10)[0]!.label).toBe("cat");
  });
});
