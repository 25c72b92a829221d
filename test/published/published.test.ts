import { describe, expect, it } from "vitest";
import { loadClip, orThrow, predict } from "../../src/index.js";
import { type CifarImage, cifar, clipDiagram } from "./sources.js";

/** The 18 CIFAR templates of the original's data/prompts.md (MIT). */
const QUALITIES = ["", "blurry ", "black and white ", "low contrast ", "high contrast ", "bad ", "good "];
const CIFAR_TEMPLATES = ["a", "the"].flatMap((article) => [
  ...QUALITIES.map((quality) => `a photo of ${article} ${quality}{}.`),
  `a photo of ${article} small {}.`,
  `a photo of ${article} big {}.`,
]);

/** open_clip, docs/openclip_results.csv: zero-shot top-1 in percent. */
const TABLE = [
  { model: "RN50", cifar10: 71.57, cifar100: 40.3 },
  { model: "RN101", cifar10: 80.78, cifar100: 47.64 },
  { model: "ViT-B/32", cifar10: 89.83, cifar100: 64.23 },
  { model: "ViT-L/14", cifar10: 95.59, cifar100: 75.82 },
  { model: "ViT-L/14@336px", cifar10: 94.93, cifar100: 74.36 },
] as const;

const raw = ({ data }: CifarImage) => ({ data, width: 32, height: 32, channels: 3 as const });

describe("goldens of the original's README, ViT-B/32", () => {
  it("the CLIP diagram", async () => {
    await using clip = await loadClip("ViT-B/32", { image: { alpha: "drop", exif: "ignore" } });
    const answer = await clip.classify(await clipDiagram(), ["a diagram", "a dog", "a cat"], {
      templates: ["{}"],
    });
    const byLabel = new Map(answer.map(({ label, probability }) => [label, probability]));
    expect(byLabel.get("a diagram")).toBeCloseTo(0.9927937, 3);
    expect(byLabel.get("a dog")).toBeCloseTo(0.00421068, 3);
    expect(byLabel.get("a cat")).toBeCloseTo(0.00299572, 3);
  });

  it("CIFAR-100 test image 3637", async () => {
    const { names, images } = await cifar("cifar100");
    await using clip = await loadClip("ViT-B/32");
    const answer = await clip.classify(raw(images[3637]!), names, {
      templates: ["a photo of a {}."],
      top: 5,
    });
    const expected = [
      ["snake", 65.31],
      ["turtle", 12.29],
      ["sweet pepper", 3.83],
      ["lizard", 1.88],
      ["crocodile", 1.75],
    ] as const;
    expect(answer.map(({ label }) => label)).toEqual(expected.map(([label]) => label));
    answer.forEach(({ probability }, i) => {
      expect(Math.abs(100 * probability - expected[i]![1])).toBeLessThan(0.5);
    });
  });
});

describe.each(TABLE)("zero-shot table, $model", ({ model, ...figures }) => {
  it.each(["cifar10", "cifar100"] as const)("%s within 0.5 points", async (set) => {
    const { names, images } = await cifar(set);
    await using clip = await loadClip(model);
    const weights = await clip.zeroShotWeights(names, CIFAR_TEMPLATES);
    const features = orThrow(await clip.encodeImages(images.map(raw), { batchSize: 32 }));
    const right = features.filter((feature, i) => {
      const [best] = predict(feature, weights, clip.model.logitScale, 1);
      return best?.label === names[images[i]!.label];
    });
    const top1 = (100 * right.length) / images.length;
    process.stdout.write(`${model} ${set}: ${top1.toFixed(2)} (published ${figures[set]})\n`);
    expect(Math.abs(top1 - figures[set])).toBeLessThan(0.5);
  });
});
