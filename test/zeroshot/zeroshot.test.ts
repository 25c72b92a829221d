import { describe, expect, it } from "vitest";
import type { Encoder } from "../../src/encoder.js";
import { unit } from "../../src/math/unit.js";
import { predict } from "../../src/zeroshot/predict.js";
import { checkLabels } from "../../src/zeroshot/prompts.js";
import { checkTemplates, fillTemplate } from "../../src/zeroshot/templates.js";
import { zeroShotWeights } from "../../src/zeroshot/weights.js";

/** An encoder whose text space has one axis a letter: the vector counts letters, so that means can be worked out by hand. */
function letterEncoder(seen: string[] = []): Encoder {
  return {
    model: {
      name: "letters",
      revision: "",
      precision: "fp32",
      device: "cpu",
      dim: 26,
      logitScale: 100,
      imageSize: 1,
      contextLength: 77,
      parameters: { image: 0, text: 0 },
      templates: ["a {}"],
    },
    encodeImages: () => Promise.reject(new Error("not used")),
    encodeImageStream: () => {
      throw new Error("not used");
    },
    encodeTexts: async (texts) => {
      seen.push(...texts);
      return texts.map((text) => {
        const counts = new Float32Array(26);
        for (const letter of text.replaceAll(/[^a-z]/g, "")) counts[letter.charCodeAt(0) - 97]! += 1;
        return unit(counts);
      });
    },
  };
}

describe("zeroShotWeights", () => {
  it("fills every template with every label, averages unit vectors and renormalises", async () => {
    const seen: string[] = [];
    const weights = await zeroShotWeights(letterEncoder(seen), [" x ", "y"], ["{}", "{}z"]);
    expect(seen).toEqual(["x", "xz", "y", "yz"]);
    expect(weights.labels).toEqual(["x", "y"]);
    // unit(x) + unit(x + z) = (1 + √½, √½) on the axes x and z: tan of the angle is √½ / (1 + √½) = tan 22.5°
    const [x, z] = [weights.vectors[0]![23]!, weights.vectors[0]![25]!];
    expect(x).toBeCloseTo(Math.cos(Math.PI / 8), 6);
    expect(z).toBeCloseTo(Math.sin(Math.PI / 8), 6);
  });

  it("uses the model's templates where none are given", async () => {
    const seen: string[] = [];
    await zeroShotWeights(letterEncoder(seen), ["cat"]);
    expect(seen).toEqual(["a cat"]);
  });
});

describe("predict", () => {
  it("gives cosine and softmax of the scaled cosines, most probable first", async () => {
    const encoder = letterEncoder();
    const weights = await zeroShotWeights(encoder, ["b", "c", "d"], ["{}"]);
    const [image] = await encoder.encodeTexts(["bbbcc"]);
    const predictions = predict(image!, weights, 2);
    expect(predictions.map(({ label }) => label)).toEqual(["b", "c", "d"]);
    const cosines = [3, 2, 0].map((count) => count / Math.sqrt(13));
    const powers = cosines.map((cosine) => Math.exp(2 * cosine));
    const sum = powers.reduce((a, b) => a + b);
    predictions.forEach(({ similarity, probability }, i) => {
      expect(similarity).toBeCloseTo(cosines[i]!, 6);
      expect(probability).toBeCloseTo(powers[i]! / sum, 6);
    });
    expect(predict(image!, weights, 2, 1)).toHaveLength(1);
  });
});

describe("labels and templates", () => {
  it("takes a label literally, however odd", () => {
    expect(fillTemplate("a {} and {}", "$& {}")).toBe("a $& {} and $& {}");
  });

  it.each([
    ["none", [], "labels.empty"],
    ["blank", ["cat", "  "], "labels.empty"],
    ["twice", ["cat", "cat "], "labels.duplicate"],
  ])("refuses labels: %s", (_, labels, code) => {
    expect(() => checkLabels(labels)).toThrowError(expect.objectContaining({ code }));
  });

  it.each([
    ["none", []],
    ["without a place for the label", ["a photo"]],
  ])("refuses templates: %s", (_, templates) => {
    expect(() => checkTemplates(templates)).toThrowError(
      expect.objectContaining({ code: "labels.template" }),
    );
  });
});
