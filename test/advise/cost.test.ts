import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  completed,
  FIGURE_NAMES,
  type Figures,
  needsModel,
  numbersOf,
} from "../../src/advise/cost/figures.js";
import { breakEven, costOf, waysOf } from "../../src/advise/cost/formulas.js";
import { parseCompany } from "../../src/advise/cost/read.js";

/** Round numbers; every expected value below was worked out by hand from docs/cost.md. */
const FIGURES: Figures = {
  pictures_per_month: 10_000,
  machine_per_hour: 0.36,
  labeller_per_minute: 0.6,
  labels_per_picture: 1,
  value_of_right: 0.1,
  cost_of_wrong: 0.5,
  classes: 10,
  changes_per_year: 12,
  accuracy: 0.9,
  ms_per_picture: 100,
  seconds_per_label: 6,
  labeller_accuracy: 0.95,
  machine_busy_share: 0.5,
  engineer_per_hour: 60,
  setup_hours: 12,
  hours_per_change: 1,
  own_accuracy: 0.95,
  own_ms_per_picture: 50,
  own_labels_per_class: 100,
  own_setup_hours: 120,
  own_hours_per_change: 4,
  own_training_hours: 10,
  classes_per_change: 1,
  months: 12,
};

describe("formulas, by hand", () => {
  it.each([
    //           machine or labels  fixed   1,000 pictures  worth  net
    ["zero-shot", 0.00002, 120, 12.02, 0.04, 279.8],
    ["by hand", 0.06, 0, 60, 0.07, 100],
    ["own classifier", 0.00001, 854.9, 85.5, 0.07, -155],
  ])("%s", (name, perPicture, fixed, per1000, worth, net) => {
    const way = waysOf(FIGURES).find((one) => one.way === name)!;
    expect(way.perPicture).toBeCloseTo(perPicture, 12);
    expect(way.fixed).toBeCloseTo(fixed, 9);
    expect(way.per1000).toBeCloseTo(per1000, 9);
    expect(way.worth).toBeCloseTo(worth, 12);
    expect(way.net).toBeCloseTo(net, 6);
  });

  it("two labels a picture double what labels cost and bring, not what the machine costs", () => {
    const [zero, hand] = waysOf({ ...FIGURES, labels_per_picture: 2 });
    expect(zero.perPicture).toBeCloseTo(0.00002, 12);
    expect(zero.worth).toBeCloseTo(0.08, 12);
    expect(hand.perPicture).toBeCloseTo(0.12, 12);
  });

  it("break-evens and the accuracy that is as good as by hand", () => {
    const { best, pays, againstHand, againstOwn, accuracyAsByHand } = costOf(FIGURES);
    expect({ best, pays }).toEqual({ best: "zero-shot", pays: true });
    // 120 / (0.03998 − 0.01), and (854.9 − 120) / (0.06999 − 0.03998)
    expect(againstHand).toEqual({ kind: "above", pictures: expect.closeTo(4002.668, 3) });
    expect(againstOwn).toEqual({ kind: "below", pictures: expect.closeTo(24_488.504, 3) });
    expect(accuracyAsByHand).toBeCloseTo(0.870033333, 8);
    const same = costOf({ ...FIGURES, accuracy: accuracyAsByHand! });
    expect(same.ways[0]!.net).toBeCloseTo(same.ways[1]!.net, 6);
  });

  it("says what matters most, and what would turn the choice", () => {
    const { sensitivity } = costOf(FIGURES);
    expect(sensitivity).toHaveLength(FIGURE_NAMES.length);
    const of = (figure: string) => sensitivity.find((row) => row.figure === figure)!;
    // 10,000 · 0.6 · (1 − 0.72); 1.08 is cut to 1.
    expect(of("accuracy")).toMatchObject({ low: expect.closeTo(0.72, 12), high: 1, turns: true });
    expect(of("accuracy").swing).toBeCloseTo(1680, 6);
    expect(sensitivity.map(({ swing }) => swing)).toEqual(
      sensitivity.map(({ swing }) => swing).toSorted((a, b) => b - a),
    );
    // An own classifier leaves less than by hand: its figures move nothing while they stay behind.
    expect(of("own_training_hours").swing).toBe(0);
    expect(of("machine_per_hour").turns).toBe(false);
  });

  it("where nothing is worth anything, says so", () => {
    const { pays, accuracyAsByHand } = costOf({ ...FIGURES, value_of_right: 0, cost_of_wrong: 0 });
    expect(pays).toBe(false);
    expect(accuracyAsByHand).toBeUndefined();
  });
});

it("at the break-even both ways are worth the same, whatever the figures", () => {
  const money = fc.double({ min: 0, max: 100, noNaN: true });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(money, money, share, share, money, (value, wrong, accuracy, own, price) => {
      const figures = {
        ...FIGURES,
        value_of_right: value,
        cost_of_wrong: wrong,
        accuracy,
        own_accuracy: own,
        labeller_per_minute: price,
      };
      const [zero, hand, classifier] = waysOf(figures);
      for (const other of [hand, classifier]) {
        const at = breakEven(zero, other);
        if (!("pictures" in at)) continue;
        expect(at.pictures).toBeGreaterThanOrEqual(0);
        const net = (way: typeof zero): number => at.pictures * (way.worth - way.perPicture) - way.fixed;
        const size = 1 + at.pictures * (value + wrong + price) + zero.fixed + other.fixed;
        expect(Math.abs(net(zero) - net(other)) / size).toBeLessThan(1e-9);
      }
    }),
  );
});

const GOOD = `# a shop
pictures_per_month: 1000
machine_per_hour: 0.1
labeller_per_minute: 0.4
labels_per_picture: 1
value_of_right: 0.02
cost_of_wrong: 0.1
classes: 12
changes_per_year: 4
`;

describe("files", () => {
  it("YAML and JSON say the same; what is left open is assumed", async () => {
    const yaml = await parseCompany(`${GOOD}assumed: [value_of_right]\n`, "a.yaml");
    const fields = Object.fromEntries(
      GOOD.trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(": "))
        .map(([key, value]) => [key, Number(value)]),
    );
    const json = await parseCompany(
      JSON.stringify({ ...fields, assumed: ["value_of_right"] }, null, 2),
      "a.yaml",
    );
    expect(json).toEqual(yaml);
    expect(yaml.figures.classes).toEqual({ value: 12, origin: "given" });
    expect(yaml.figures.value_of_right).toEqual({ value: 0.02, origin: "assumed in the file" });
    expect(needsModel(yaml)).toBe(true);
    const whole = completed(yaml, {
      accuracy: { value: 0.6332, origin: "published" },
      msPerPicture: { value: 40, origin: "measured" },
    });
    expect(whole.accuracy.origin).toBe("published");
    expect(whole.own_ms_per_picture).toEqual({ value: 40, origin: "assumed" });
    expect(Object.values(numbersOf(whole)).every(Number.isFinite)).toBe(true);
  });

  it.each([
    [
      "a word for a number",
      GOOD.replace("12", "twelve"),
      /Expected classes to be a number from 2 to 1000000 in line 8 of x\.yaml but found "twelve"/,
    ],
    [
      "a number out of range",
      `${GOOD}accuracy: 95\n`,
      /Expected accuracy to be a number from 0 to 1 in line 10 .* found 95/,
    ],
    ["not a number", GOOD.replace("12", ".nan"), /classes .* line 8/],
    ["endless", GOOD.replace("0.4", ".inf"), /labeller_per_minute .* line 4/],
    ["nothing", GOOD.replace(" 12", ""), /classes .* line 8 .* found null/],
    [
      "a slip of the pen",
      GOOD.replace("classes", "clases"),
      /line 8 .* found "clases".*Did you mean classes\?/,
    ],
    [
      "a missing field",
      GOOD.replace(/machine.*\n/, ""),
      /field machine_per_hour \(price of an hour of machine\) in x\.yaml but it is missing/,
    ],
    ["a field twice", `${GOOD}classes: 3\n`, /line 10 .*unique/],
    ["broken YAML", `${GOOD}a: [1, \n`, /Expected YAML or JSON in line 1\d of x\.yaml/],
    ["broken JSON", '{"classes": 12,, }', /Expected YAML or JSON in line 1/],
    ["a list", "- 1\n- 2\n", /Expected fields such as .* line 1/],
    ["an empty file", "", /Expected fields such as .* line 1/],
    ["fields inside fields", GOOD.replace("12", "{a: 1}"), /classes .* line 8/],
    ["a bomb of aliases", `${GOOD}name: &a [x]\nassumed: [*a, *a]\n`, /assumed to be a list/],
    [
      "an assumption of what is not there",
      `${GOOD}assumed: [accuracy]\n`,
      /assumed to be a list of fields of this file in line 10 .* found "accuracy"/,
    ],
    ["an assumption that is no list", `${GOOD}assumed: classes\n`, /assumed to be a list/],
    ["a file far too long", `${GOOD}${"# x\n".repeat(20_000)}`, /at most 8192 characters/],
  ])("refuses %s in one sentence", async (_, text, words) => {
    const error = await parseCompany(text, "x.yaml").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "advise.file", message: expect.stringMatching(words) });
    expect((error as Error).message).not.toMatch(/\n/);
  });
});

describe("companies in the package", () => {
  const files = readdirSync("examples/companies").filter((name) => name.endsWith(".yaml"));
  it("are three", () => expect(files).toHaveLength(3));

  it.each(files)("%s is complete, and its answer too", async (name) => {
    const company = await parseCompany(readFileSync(`examples/companies/${name}`, "utf8"), name);
    expect(needsModel(company)).toBe(false);
    const result = costOf(numbersOf(completed(company, undefined)));
    for (const way of result.ways)
      for (const value of [way.perPicture, way.fixed, way.per1000, way.worth, way.net])
        expect(value).toSatisfy(Number.isFinite);
    expect(result.sensitivity[0]!.swing).toBeGreaterThan(0);
  });

  it("have three different answers", async () => {
    const best = await Promise.all(
      files.map(async (name) => {
        const company = await parseCompany(readFileSync(`examples/companies/${name}`, "utf8"), name);
        const { best: way, pays } = costOf(numbersOf(completed(company, undefined)));
        return [name, way, pays];
      }),
    );
    expect(best).toEqual([
      ["established.yaml", "own classifier", true],
      ["growing.yaml", "zero-shot", true],
      ["start-up.yaml", "by hand", true],
    ]);
  });
});
