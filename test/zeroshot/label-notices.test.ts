import { describe, expect, it } from "vitest";
import type { LabelSet, SetLabel } from "../../src/zeroshot/label.js";
import { parseLabelSet } from "../../src/zeroshot/label-file/parse.js";
import { labelNotices } from "../../src/zeroshot/label-notices.js";
import { LABEL_SETS } from "../../src/zeroshot/label-sets.js";

const named = (name: string, more: Partial<SetLabel> = {}): SetLabel => ({ id: name, name, ...more });
const setOf = (labels: SetLabel[], none?: string): LabelSet => ({
  description: "",
  labels,
  ...(none === undefined ? {} : { none }),
});
const codesOf = (set: LabelSet): string[] => labelNotices(set).map(({ code }) => code);

describe("what is most often a slip", () => {
  it("a word of one label that is another's name or alias, the first case with how many more", () => {
    const set = setOf([
      named("sneakers", { aliases: ["trainers", "Boots"] }),
      named("boots", { aliases: ["trainers"] }),
    ]);
    expect(labelNotices(set)).toEqual([
      {
        code: "labels.alias",
        message: '"Boots" is a word of "sneakers" and of "boots". (and 1 more such)',
        count: 2,
      },
    ]);
  });

  it("an alias that stands twice, or is the label's own name", () => {
    expect(labelNotices(setOf([named("cat", { aliases: ["puss", "puss"] })]))[0]!.message).toBe(
      '"puss" stands twice among the words of "cat".',
    );
    expect(codesOf(setOf([named("cat", { aliases: ["Cat"] })]))).toEqual(["labels.alias"]);
  });

  it("an own prompt with a place for the label, which is never filled", () => {
    const [notice] = labelNotices(setOf([named("cat", { prompts: ["a photo of {}.", "a cat."] })]));
    expect(notice).toMatchObject({ code: "labels.prompt", count: 1 });
    expect(notice!.message).toBe(
      'The prompt "a photo of {}." of "cat" is no template: it is taken as it is.',
    );
    expect(codesOf(setOf([named("cat", { prompts: ["a cat {sic"] })]))).toEqual([]);
  });

  it("labels with one translation, in the same language alone", () => {
    const set = (zh: string): LabelSet =>
      setOf([named("cup", { translations: { zh: "杯子" } }), named("mug", { translations: { zh } })]);
    expect(labelNotices(set("杯子"))[0]!.message).toBe('"cup" and "mug" are both "杯子" in zh.');
    expect(codesOf(set("马克杯"))).toEqual([]);
  });

  it("a none that looks like a mistyped id, and not one that is a label or has prompts of its own", async () => {
    const from = (none: string): Promise<LabelSet> =>
      parseLabelSet(`none: ${none}\nlabels: [boots, hat]`, "a.yaml");
    expect(codesOf(await from("boot"))).toEqual(["labels.none"]);
    expect(codesOf(await from("boots"))).toEqual([]);
    expect(codesOf(await from("nothing of ours"))).toEqual([]);
    expect(codesOf(await from("{name: boot, prompts: [an animal]}"))).toEqual([]);
  });

  it("nothing of the sets that ship", () => {
    for (const [name, set] of Object.entries(LABEL_SETS))
      expect({ name, notices: codesOf(set).filter((code) => code !== "labels.case") }).toEqual({
        name,
        notices: [],
      });
  });
});
