import { describe, expect, it } from "vitest";
import { codedNames } from "../../src/evaluate/data/coded-names.js";
import { withLabels } from "../../src/evaluate/data/label-entries.js";
import { type LabelledSet, labelInputs } from "../../src/evaluate/data/labelled-set.js";
import { type CellPlace, cellOf } from "../../src/evaluate/grid/cell.js";
import { runGrid } from "../../src/evaluate/grid/grid.js";
import { levelFigures } from "../../src/evaluate/grid/levels.js";
import { summedAnswers } from "../../src/evaluate/grid/sums.js";
import { plainProbabilities } from "../../src/evaluate/judge.js";
import { seeded } from "../../src/math/random.js";
import { chooseLabels } from "../../src/zeroshot/chosen-labels.js";
import type { Calibration } from "../../src/zeroshot/confidence/calibration.js";
import { predictionsAt } from "../../src/zeroshot/hierarchy.js";
import type { LabelSet } from "../../src/zeroshot/label.js";
import { type LabelledScores, rowOf } from "../../src/zeroshot/scores.js";
import { letterEncoder } from "../support/letter-encoder.js";

/** Two pictures of each class. */
function setOf(ids: readonly string[], files: readonly string[] = ids): LabelledSet {
  const pictures = ids.flatMap((_, truth) =>
    [1, 2].map(() => ({ name: files[truth]!, truth, open: () => `${files[truth]}.jpg` })),
  );
  return {
    name: "shop",
    kind: "folder",
    classes: ids.map((id) => ({ id, label: id.replaceAll("_", " ") })),
    pictures,
    fingerprint: "",
  };
}

const GOODS: LabelSet = {
  description: "goods",
  labels: [
    { id: "food", name: "food", translations: { zh: "食品" } },
    { id: "home", name: "things of the home" },
    { id: "n00000001", name: "tea", aliases: ["cuppa"], prompts: ["a pot of tea"], parent: "food" },
    { id: "food/bread", name: "bread", translations: { zh: "面包" }, parent: "food" },
    { id: "lamp", name: "desk lamp", parent: "home" },
    { id: "rug", name: "rug", aliases: ["carpet"], parent: "home" },
  ],
};
const given = { name: "goods.yaml", set: GOODS };
const labelsOf = ({ classes }: LabelledSet): string[] => classes.map(({ label }) => label);

describe("codedNames", () => {
  it("tells of classes that are called by WordNet ids alone, which no model can read", () => {
    const warning = codedNames(setOf(["n01443537", "n01629819", "tea"]));
    expect(warning).toMatchObject({ code: "evaluate.wordnet", count: 2 });
    expect(warning!.message).toMatch(
      /^The class n01443537 of shop .*\(and 1 more such\): --label-set imagenet-1k/,
    );
    expect(codedNames(setOf(["n01443537_goldfish", "tea"]))).toBeUndefined();
  });
});

describe("withLabels", () => {
  it.each([
    ["id", "lamp", "desk lamp"],
    ["id with its path", "food_bread", "bread"],
    ["WordNet id before words", "n00000001_camellia", "tea"],
    ["name", "desk_lamp", "desk lamp"],
    ["name of another case", "Desk-Lamp", "desk lamp"],
    ["alias", "Carpet", "rug"],
    ["translation", "面包", "bread"],
  ])("finds a class by its %s", (_way, id, label) => {
    const other = label === "tea" ? "rug" : "tea";
    expect(labelsOf(withLabels(setOf([id, other]), given)).toSorted()).toEqual([label, other].toSorted());
  });

  it("compares none of these by its own prompts alone, as classify does, so that a calibration is for the same", () => {
    const none = { id: "none", name: "nothing of ours", prompts: ["a photo of an animal."] };
    const set = { ...GOODS, labels: [...GOODS.labels, none], none: "none" };
    const { classes } = withLabels(setOf(["tea", "bread"]), { name: "goods.yaml", set, all: true });
    expect(classes.map(({ entry }) => entry)).toEqual(chooseLabels(set, {}).labels);
    expect(classes.at(-1)!.entry).toEqual({ ...none, promptsOnly: true });
  });

  it("puts classes in the set's order, with pictures, prompts and what is above", () => {
    const found = withLabels(setOf(["rug", "cuppa"]), given);
    expect(found.classes).toEqual([
      {
        id: "cuppa",
        label: "tea",
        entry: GOODS.labels[2],
        above: [{ id: "food", label: "food" }],
      },
      {
        id: "rug",
        label: "rug",
        entry: GOODS.labels[5],
        above: [{ id: "home", label: "things of the home" }],
      },
    ]);
    expect(found.pictures.map(({ name, truth }) => `${name} ${truth}`)).toEqual([
      "rug 1",
      "rug 1",
      "cuppa 0",
      "cuppa 0",
    ]);
    expect(labelInputs(found.classes)).toEqual([GOODS.labels[2], GOODS.labels[5]]);
  });

  it("chooses among all labels, or among those of a level, where asked", () => {
    const all = withLabels(setOf(["rug", "tea"]), { ...given, all: true });
    expect(labelsOf(all)).toEqual(["tea", "bread", "desk lamp", "rug"]);
    expect(all.pictures.map(({ truth }) => truth)).toEqual([3, 3, 0, 0]);
    const top = withLabels(setOf(["rug", "tea", "bread"]), { ...given, level: 1 });
    expect(top.classes.map(({ id, label }) => [id, label])).toEqual([
      ["food", "food"],
      ["rug", "things of the home"],
    ]);
    expect(top.pictures.map(({ truth }) => truth)).toEqual([1, 1, 0, 0, 0, 0]);
  });

  it("shows one language and asks in another", () => {
    const shown = withLabels(setOf(["tea", "bread"]), { ...given, lang: "zh" });
    expect(labelsOf(shown)).toEqual(["tea", "面包"]);
    expect(shown.classes[1]!.entry!.name).toBe("bread");
    const asked = withLabels(setOf(["tea", "bread"]), { ...given, promptLang: "zh" });
    expect(asked.classes[1]).toMatchObject({ label: "面包", entry: { name: "面包" } });
  });

  it("a given name is before all else", () => {
    const set = setOf(["tea", "x"]);
    const classes = [set.classes[0]!, { id: "x", label: "rug" }];
    const found = withLabels({ ...set, classes }, { ...given, names: new Map([["x", "rug"]]) });
    expect(labelsOf(found)).toEqual(["tea", "rug"]);
  });

  it.each([
    [
      ["tea", "tee", "sofa"],
      {},
      /^Expected classes called by ids, names or aliases of goods\.yaml \(tea, .*\) but found "tee", "sofa"\. Did you mean tea\? A file with \{"tee":"tea"\} for --names/,
    ],
    [["tea", "food"], {}, /but found "food"/],
    [
      ["tea", "cuppa"],
      {},
      /^Expected a different label for each class but "tea" and "cuppa" are both "tea"\.$/,
    ],
    [
      ["tea", "bread"],
      { level: 1 },
      /^Expected classes of at least two labels of goods\.yaml but all of shop are food\.$/,
    ],
    [["tea", "rug"], { level: 3 }, /a level from 1 to 2/],
    [["tea", "rug"], { promptLang: "fr" }, /into "fr" but these have zh/],
  ])("%j with %j is refused in one sentence", (ids, options, message) => {
    expect(() => withLabels(setOf(ids), { ...given, ...options })).toThrow(message);
  });

  it("words of two labels find neither", () => {
    const twice: LabelSet = {
      description: "",
      labels: [
        { id: "a", name: "one", aliases: ["both"] },
        { id: "b", name: "two", aliases: ["both"] },
      ],
    };
    expect(() => withLabels(setOf(["a", "both"]), { name: "t", set: twice })).toThrow(/but found "both"/);
  });
});

describe("levelFigures", () => {
  it("counts an answer under the right label of each level", async () => {
    // Of eight pictures: tea is right, bread is taken for tea (food all the same), a lamp for tea, the rug is right.
    const seen = ["tea", "tea", "tea", "rug"];
    const set = withLabels(setOf(["tea", "bread", "lamp", "rug"], seen), given);
    const [cell] = await runGrid({
      models: ["a"],
      sets: [set],
      open: async () => Object.assign(letterEncoder(), { [Symbol.asyncDispose]: async () => undefined }),
    });
    expect(cell!.top1).toBe(0.5);
    const levels = levelFigures(cell!, set);
    expect(levels).toMatchObject([
      {
        level: 1,
        labels: 2,
        top1: 0.75,
        perLabel: [
          { id: "food", label: "food", images: 4, top1: 1 },
          { id: "home", label: "things of the home", images: 4, top1: 0.5 },
        ],
      },
    ]);
    expect(levels[0]!.interval.low).toBeLessThan(0.75);
    expect(levels[0]!.interval.high).toBeGreaterThan(0.75);
    expect(
      levelFigures(cell!, { ...set, classes: set.classes.map(({ id, label }) => ({ id, label })) }),
    ).toEqual([]);
  });

  it("adds up probabilities where asked: many classes that fit a little outweigh one that fits best", async () => {
    // What is seen is a rug to most, but tea and bread together are food.
    const set: LabelledSet = withLabels(setOf(["tea", "bread", "rug"]), given);
    const near: Readonly<Record<string, readonly number[]>> = {
      "tea.jpg": [0.6, 0.6, 0.7],
      "bread.jpg": [0.1, 0.9, 0.2],
      "rug.jpg": [0.1, 0.1, 0.9],
    };
    const scores: LabelledScores = {
      images: set.pictures.map(({ name }) => name),
      labels: set.classes.map(({ label }) => label),
      truth: Int32Array.from(set.pictures, ({ truth }) => truth),
      similarities: Float32Array.from(set.pictures.flatMap(({ name }) => near[`${name}.jpg`]!)),
      logitScale: 2,
    };
    const place: CellPlace = {
      model: "m",
      precision: "fp32",
      device: "cpu",
      set: "shop",
      views: "center",
      prompts: "model",
    };
    const measured = { imagesPerSecond: 1, failed: [] };
    // The third picture could not be read: the last row is of the last position.
    const positions = [0, 1, 2, 3, 4, 6];
    const pictures = [...set.pictures.slice(0, 5), set.pictures[5]!, set.pictures[5]!];
    const larger = { ...set, pictures };
    // A sharp scale leaves nothing to add up.
    const sharp: Calibration = { method: "temperature", logitScale: 100 };
    const cell = cellOf(place, set.classes, scores, positions, 7, measured, sharp);
    expect(cell.top1).toBeCloseTo(4 / 6, 12);
    expect(cell.summed).toEqual({
      own: [[0, 0, 0, 0, 1, -1, 1]],
      calibrated: [[1, 1, 0, 0, 1, -1, 1]],
    });
    expect(levelFigures(cell, larger)[0]).not.toHaveProperty("summed");
    const [level] = levelFigures(cell, larger, { sum: true });
    expect(level).toMatchObject({ top1: 4 / 6, summed: { top1: 1, interval: { low: 1, high: 1 }, p: 0.5 } });
    expect(level!.summed!.gain).toBeCloseTo(2 / 6, 12);
    expect(level!.summed!.gainInterval.low).toBe(0);
    expect(level!.calibratedSummed).toMatchObject({ top1: 4 / 6, gain: 0, p: 1 });
    const flat = set.classes.map(({ id, label }) => ({ id, label }));
    expect(cellOf(place, flat, scores, positions, 7, measured)).not.toHaveProperty("summed");
  });

  it("a sum is what predictionsAt says", () => {
    const random = seeded(5);
    const names = GOODS.labels.filter(({ parent }) => parent).map(({ name }) => name);
    const set = withLabels(setOf(["tea", "bread", "desk_lamp", "rug"]), given);
    const scores: LabelledScores = {
      images: Array.from({ length: 50 }, (_, i) => String(i)),
      labels: names,
      truth: new Int32Array(50),
      similarities: Float32Array.from({ length: 200 }, () => 2 * random() - 1),
      logitScale: 1,
    };
    const { summed } = summedAnswers(scores, set.classes, (rows) => rows, undefined);
    const answers = scores.images.map((_, i) => {
      const probabilities = plainProbabilities({ logitScale: 1 })(rowOf(scores, i));
      const predictions = names.map((label, k) => ({ label, probability: probabilities[k]!, similarity: 0 }));
      return predictionsAt(predictions, GOODS, 1)[0]!.label;
    });
    const labels = ["food", "things of the home"];
    expect(summed!.own[0]!.map((place) => labels[place])).toEqual(answers);
    expect(new Set(answers).size).toBe(2);
  });

  it("a label that ends above a level is its own", () => {
    const flat: LabelSet = { description: "", labels: [{ id: "lone", name: "lone" }, ...GOODS.labels] };
    const set = withLabels(setOf(["lone", "tea"]), { name: "flat", set: flat });
    const cell = { predicted: [0, 1, 1, -1] } as unknown as Parameters<typeof levelFigures>[0];
    expect(levelFigures(cell, set)).toMatchObject([{ level: 1, labels: 2, top1: 2 / 3 }]);
  });
});
