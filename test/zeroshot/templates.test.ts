import { describe, expect, it } from "vitest";
import { DOMAINS } from "../../src/zeroshot/data/domains.js";
import { composeTemplates, domainTemplates } from "../../src/zeroshot/domains.js";
import { COLORS, checkTemplates, fillTemplate, withDomains } from "../../src/zeroshot/templates.js";

describe("fillTemplate", () => {
  it.each([
    ["a photo of a {}.", "orange", "a photo of a orange."],
    ["a photo of {article} {label}.", "orange", "a photo of an orange."],
    ["a photo of {article} {label}.", "cat", "a photo of a cat."],
    ["a photo of {article} {label}.", "jeans", "a photo of jeans."],
    ["a photo of {article} {label}.", "bread", "a photo of bread."],
    ["a photo of {article} {label}.", "the Eiffel tower", "a photo of the Eiffel tower."],
    ["{article} {label} on {article} table", "egg", "an egg on a table"],
    ["a photo of {article} big {label}", "orange", "a photo of a big orange"],
    ["a photo of {article} old {label}", "car", "a photo of an old car"],
    ["many {plural}.", "box of toys", "many boxes of toys."],
    ["{label} and {}", "{article} {}", "{article} {} and {article} {}"],
    ["{} costs $& $1", "$&", "$& costs $& $1"],
    ["一张{}的照片。", "猫", "一张猫的照片。"],
    ["a photo of {article} {label}.", "猫", "一张猫的照片。"],
    ["a photo of {article} {label}.", "T恤", "一张T恤的照片。"],
    ["a photo of {article} {label}.", "ネコ科の猫", "a photo of ネコ科の猫."],
    ["mine: {label}.", "猫", "mine: 猫."],
  ])("%s, %s → %s", (template, label, prompt) => {
    expect(checkTemplates([template])).toEqual([template]);
    expect(fillTemplate(template, label)).toBe(prompt);
  });
});

it("has every template of the domains in Chinese, each with a place for the label", () => {
  const english = Object.keys(DOMAINS).filter((name) => name !== "generic-zh");
  const filled = composeTemplates(english).map((template) => fillTemplate(template, "猫"));
  for (const prompt of filled) {
    expect(prompt).toContain("猫");
    expect(prompt.replaceAll(/X光|CT|JPEG/g, "")).not.toMatch(/[A-Za-z{}]/);
  }
});

describe("checkTemplates", () => {
  it("makes one template a colour", () => {
    const all = checkTemplates(["{article} {color} {label}", "{}"]);
    expect(all).toHaveLength(COLORS.length + 1);
    expect(fillTemplate(all[0]!, "shirt")).toBe("a black shirt");
    expect(fillTemplate(all[COLORS.indexOf("orange")]!, "shirt")).toBe("an orange shirt");
    expect(fillTemplate(all[COLORS.indexOf("orange")]!, "jeans")).toBe("orange jeans");
  });

  it.each<[string, unknown, RegExp]>([
    ["no place for the label", ["a photo"], /"\{\}", \{label\} or \{plural\}/],
    ["an article alone", ["{article} thing"], /in every prompt template/],
    ["a slip", ["{} and {lable}"], /has \{lable\}\. Did you mean \{label\}\?/],
    ["a domain that is not given", ["a {domain} photo of {}"], /a domain for \{domain\}/],
    ["none", [], /1 to 1000/],
    ["too many", Array.from({ length: 1001 }, () => "{}"), /received 1001/],
    ["too many with colours", Array.from({ length: 100 }, () => "{color} {}"), /received 1100/],
    ["too long", [`{}${"x".repeat(10_000)}`], /at most 10000 characters/],
    ["no list", "{}", /a list of prompt templates/],
    ["no words", [1], /a list of prompt templates/],
  ])("refuses %s", (_, templates, sentence) => {
    expect(() => checkTemplates(templates as string[])).toThrowError(
      expect.objectContaining({ code: "labels.template", message: expect.stringMatching(sentence) }),
    );
  });
});

describe("domains", () => {
  it.each(Object.keys(DOMAINS))("%s: templates that are right as they are, each once", (name) => {
    const own = domainTemplates(name);
    expect(checkTemplates(own)).toEqual(own);
    expect(new Set(own).size).toBe(own.length);
    for (const template of own) expect(fillTemplate(template, "cat")).toContain("cat");
  });

  it("have as many templates as their papers say", () => {
    expect(domainTemplates("imagenet-80")).toHaveLength(80);
    expect(domainTemplates("imagenet-7")).toHaveLength(7);
  });

  it("combine, each template once, and fill {domain}", () => {
    const all = composeTemplates(["generic", "retail", "medical-ct"], ["one {domain} {}", "{}"]);
    expect(all).toEqual(
      expect.arrayContaining([...domainTemplates("generic"), ...domainTemplates("retail")]),
    );
    expect(new Set(all).size).toBe(all.length);
    expect(all).toContain("one product {}");
    expect(all).toContain("one CT {}");
    expect(withDomains(["a {domain} {}"], [])).toEqual(["a {domain} {}"]);
    expect(fillTemplate(domainTemplates("medical-mri")[0]!, "pneumonia")).toBe("an MRI scan of pneumonia.");
    expect(() => composeTemplates(["retial"])).toThrowError(/Did you mean retail\?/);
  });

  it.each(["medical-xray", "medical-ct", "medical-mri", "medical-ultrasound", "medical-microscopy"])(
    "%s is told from the others by its words",
    (name) => {
      const others = Object.keys(DOMAINS).filter((other) => other !== name);
      for (const other of others) expect(domainTemplates(other)).not.toEqual(domainTemplates(name));
    },
  );
});
