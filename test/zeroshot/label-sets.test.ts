import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inLanguage, labelsAt, levelsOf, predictionsAt, waysOf } from "../../src/zeroshot/hierarchy.js";
import { parseLabelSet } from "../../src/zeroshot/label-file/parse.js";
import { LABEL_SETS, labelSet } from "../../src/zeroshot/label-sets.js";
import { labelForms } from "../../src/zeroshot/prompts.js";

const schema = JSON.parse(readFileSync("schemas/label-set.json", "utf8")) as object;
const valid = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

describe("ready sets", () => {
  it.each(["docs/labels.md", "docs/labels.zh-CN.md"])("have the figures that %s tells", (page) => {
    const text = readFileSync(page, "utf8");
    const told = [...text.matchAll(/^\| `([\w-]+)` \| ([\d,]+) \|/gm)].map(([, name, count]) => [
      name,
      count,
    ]);
    const own = Object.entries(LABEL_SETS).map(([name, set]) => [
      name,
      labelsAt(set).length.toLocaleString("en"),
    ]);
    expect(told).toEqual(own.sort(([a], [b]) => (a! < b! ? -1 : 1)));
    const { labels } = labelSet("retail");
    expect(text).toContain(String(labels.length));
    expect(labelSet("retail").description).toBe(
      "508 kinds of goods in 68 categories and 15 departments, in English and Chinese",
    );
  });

  it("keep the names that programs use, and their order", () => {
    expect(Object.keys(LABEL_SETS).sort()).toEqual([
      "chest-xray",
      "cifar10",
      "clothing-10",
      "everyday",
      "imagenet-1k",
      "imagenet-everyday",
      "moderation",
      "retail",
      "scenes",
    ]);
    expect(
      labelSet("cifar10")
        .labels.map(({ name }) => name)
        .join(),
    ).toBe("airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck");
    expect(labelSet("imagenet-1k").labels[0]).toEqual({ id: "n01440764", name: "tench" });
    expect(() => labelSet("retial")).toThrowError(/Did you mean retail\?/);
  });

  it.each(Object.keys(LABEL_SETS))(
    "%s satisfies the published schema and is read as it is from a file",
    async (name) => {
      const set = labelSet(name);
      expect(valid(set), JSON.stringify(valid.errors?.slice(0, 3))).toBe(true);
      expect(await parseLabelSet(JSON.stringify(set), `${name}.json`)).toEqual(set);
      expect(labelForms(labelsAt(set)).length).toBeGreaterThan(1);
    },
  );

  it("retail: three levels, over 300 product groups and 60 categories, each name once in each language", () => {
    const set = labelSet("retail");
    const goods = labelsAt(set);
    expect(levelsOf(set)).toBe(3);
    expect(set.description).toContain(`${goods.length} kinds of goods in 68 categories and 15 departments`);
    expect(goods.length).toBeGreaterThanOrEqual(500);
    expect(labelsAt(set, 1)).toHaveLength(15);
    expect(labelsAt(set, 2)).toHaveLength(68);
    const ways = waysOf(set);
    for (const { id } of goods) expect(ways.get(id)).toHaveLength(2);
    for (const level of [1, 2, 3]) {
      const labels = labelsAt(set, level);
      expect(new Set(labels.map(({ name }) => name)).size).toBe(labels.length);
      const chinese = labels.map(({ translations }) => translations!.zh!);
      expect(new Set(chinese).size).toBe(labels.length);
      for (const word of chinese) expect(word).toMatch(/\p{Script=Han}/u);
    }
  });

  it("moderation says what it is not", () => {
    expect(labelSet("moderation").description).toMatch(/no safeguard.*let a person decide/);
  });
});

describe("the schema and the reader agree", () => {
  it.each<[unknown, boolean]>([
    [["cat", { name: "dog", aliases: ["hound"] }], true],
    [{ labels: ["a", "b"], none: "a" }, true],
    [{ labels: ["a"], none: { name: "none of these", prompts: ["something else"] } }, true],
    [[], false],
    [{ labels: [] }, false],
    [{ labels: ["a"], extra: 1 }, false],
    [[" "], false],
    [[{ aliases: ["a"] }], false],
    [[{ name: "a", alias: ["b"] }], false],
    [[{ name: "a", translations: { Chinese: "b" } }], false],
    [[{ name: "a", prompts: [""] }], false],
    [[1], false],
    ["a", false],
  ])("%j: %s", async (set, fine) => {
    expect(valid(set)).toBe(fine);
    const read = await parseLabelSet(JSON.stringify(set), "x.json").then(
      () => true,
      () => false,
    );
    expect(read).toBe(fine);
  });
});

describe("predictionsAt", () => {
  const set = {
    description: "",
    labels: [
      { id: "f", name: "food" },
      { id: "fruit", name: "fruit", parent: "f" },
      { id: "apple", name: "apple", parent: "fruit" },
      { id: "pear", name: "pear", parent: "fruit" },
      { id: "bread", name: "bread", parent: "f" },
      { id: "car", name: "car" },
    ],
  };
  const leaves = [
    { label: "car", probability: 0.4, similarity: 0.3 },
    { label: "apple", probability: 0.25, similarity: 0.29 },
    { label: "bread", probability: 0.2, similarity: 0.27 },
    { label: "pear", probability: 0.15, similarity: 0.25 },
  ];
  const at = (level: number) =>
    predictionsAt(leaves, set, level).map(({ label, probability, similarity }) => [
      label,
      Number(probability.toFixed(9)),
      similarity,
    ]);

  it("adds up what is under each label of the level; what ends above stays as it is", () => {
    expect(at(1)).toEqual([
      ["food", 0.6, 0.29],
      ["car", 0.4, 0.3],
    ]);
    expect(at(2)).toEqual(
      [
        ["fruit", 0.4, 0.29],
        ["car", 0.4, 0.3],
        ["bread", 0.2, 0.27],
      ].sort((a, b) => Number(b[1]) - Number(a[1])),
    );
    expect(predictionsAt(leaves, set, 3)).toEqual(leaves);
  });

  it("sums of any predictions are as much as those", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (all) => {
          const given = leaves.map((one, i) => ({ ...one, probability: all[i]! }));
          const total = all.reduce((sum, p) => sum + p, 0);
          for (const level of [1, 2, 3]) {
            const sum = predictionsAt(given, set, level).reduce(
              (sum, { probability }) => sum + probability,
              0,
            );
            expect(sum).toBeCloseTo(total, 9);
          }
        },
      ),
    );
  });

  it("refuses a level that there is not, and labels of another set", () => {
    expect(() => predictionsAt(leaves, set, 4)).toThrow(expect.objectContaining({ code: "labels.level" }));
    const other = [{ label: "food", probability: 1, similarity: 0 }];
    expect(() => predictionsAt(other, set, 1)).toThrow(expect.objectContaining({ code: "labels.unknown" }));
  });
});

describe("labelsAt", () => {
  const set = {
    description: "",
    labels: [
      { id: "food", name: "food" },
      { id: "apple", name: "apple", parent: "food", translations: { zh: "苹果" } },
      { id: "car", name: "car" },
    ],
  };
  const ids = (level?: number): string[] => labelsAt(set, level).map(({ id }) => id);

  it("chooses those that are nobody's parent, or those of a level and what ends above it", () => {
    expect(ids()).toEqual(["apple", "car"]);
    expect(ids(1)).toEqual(["food", "car"]);
    expect(ids(2)).toEqual(["apple", "car"]);
    for (const level of [0, 3, 1.5]) {
      expect(() => ids(level)).toThrowError(expect.objectContaining({ code: "labels.level" }));
    }
  });

  it("names labels in a language where they have a name in it", () => {
    expect(inLanguage(labelsAt(set), "zh").map(({ name }) => name)).toEqual(["苹果", "car"]);
  });
});
