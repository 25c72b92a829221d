import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { labelKeys } from "../../src/encode/text-cache.js";
import { composeTemplates, domainNames } from "../../src/zeroshot/domains.js";
import { labelForms, PROMPTS_VERSION, promptsOf, recipeOf } from "../../src/zeroshot/prompts.js";
import { checkTemplates } from "../../src/zeroshot/templates.js";

const LABELS = labelForms([
  "cat",
  "hourglass",
  "unicorn",
  "jeans",
  "U-boat",
  "8-ball",
  "mouse",
  "box {}",
  "城市",
  {
    id: "sheep",
    name: "sheep",
    aliases: ["ewe", "ram"],
    prompts: ["a flock"],
    description: "an animal with wool",
  },
]);
const TEMPLATES = checkTemplates([
  "{}",
  "a photo of a {}.",
  "{article} {label}",
  "many {plural}, one of them {article} small {}",
  "a {color} {}",
]);
const WEIGHTS = TEMPLATES.map((_, i) => i);

/**
 * Vectors of labels are remembered by label and templates, not by the prompts that these make. Where this hash changes,
 * raise PROMPTS_VERSION: else vectors of the old prompts would be found for the new ones.
 */
test("the prompts that a version stands for", () => {
  const chinese = promptsOf(labelForms(["猫"])[0]!, composeTemplates(domainNames()));
  const prompts = [...LABELS.flatMap((form) => promptsOf(form, TEMPLATES, WEIGHTS)), ...chinese];
  const hash = createHash("sha256").update(JSON.stringify(prompts)).digest("hex");
  expect({ version: PROMPTS_VERSION, hash }).toEqual({
    version: 2,
    hash: "4216acedbbc1db4d5b447d5dac38174fb805145f0d882433e9887d20c8d22be9",
  });
});

test("a label of its own prompts only fills no template; without any it is as others are", () => {
  const only = { id: "none", name: "none of these", promptsOnly: true };
  const [alone, plain] = labelForms([
    { ...only, prompts: ["a landscape"], description: "no goods" },
    { ...only, name: "nothing" },
  ]);
  const texts = (form: typeof alone): string[] => promptsOf(form!, ["a photo of {}"]).map(({ text }) => text);
  expect(texts(alone)).toEqual(["a landscape", "none of these, no goods"]);
  expect(texts(plain)).toEqual(["a photo of nothing"]);
});

test("whatever makes other prompts makes another key", () => {
  const key = (label: Parameters<typeof labelForms>[0][number], recipe: unknown): string =>
    Buffer.from(labelKeys(labelForms([label]), recipe)[0]!).toString("hex");
  const plain = recipeOf({ templates: ["a {}"] });
  const keys = [
    key("cat", plain),
    key("dog", plain),
    key({ id: "cat", name: "cat", aliases: ["dog"] }, plain),
    key({ id: "cat", name: "cat", prompts: ["dog"] }, plain),
    key({ id: "cat", name: "cat", description: "dog" }, plain),
    key("cat", recipeOf({ templates: ["a {}", "{}"] })),
    key("cat", recipeOf({ templates: ["{}"] })),
    key("cat", recipeOf({ templates: ["a {}"], templateWeights: [1] })),
    key("cat", recipeOf({ templates: ["a {}"], templateWeights: [2] })),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(key("cat", plain)).toBe(keys[0]);
  expect(keys[0]).toHaveLength(32);
});
