import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import stringWidth from "string-width";
import { afterAll, describe, expect, it } from "vitest";
import { bytes } from "../../src/cli/bytes.js";
import { labelsOf, readLabelsFile, splitLabels, templatesOf } from "../../src/cli/labels.js";
import { predictionTable } from "../../src/cli/prediction-table.js";
import { gateRows } from "../../src/cli/quantization.js";
import { answerLines, tabLines } from "../../src/cli/tab-lines.js";
import { bar, clip, table } from "../../src/cli/table.js";
import { openVectorFile } from "../../src/cli/vector-files.js";
import { ClipError } from "../../src/errors.js";
import { unit } from "../../src/math/unit.js";
import { shownAnswer } from "../../src/zeroshot/chosen-labels.js";

const root = mkdtempSync(join(tmpdir(), "zeroclip-cli-parts-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("gateRows", () => {
  it("says one weight of one, and why something was kept", () => {
    const figures = { count: 2, mean: 1, worst: 1, centredMean: 1, centredWorst: 1 };
    const rows = gateRows({
      of: "r",
      layers: { image: 1, text: 0 },
      kept: { image: [], text: ["a", "b"] },
      bytes: { fp32: 4e6, int8: 1e6 },
      gate: {
        pictures: figures,
        prompts: figures,
        agreement: { pictures: 2, labels: 3, share: 1 },
      },
      failed: ["the same label for 98 % of 64 pictures (126 labels) but received 95.3 %"],
    });
    expect(rows.slice(0, 3)).toEqual([
      ["int8", "1 weight of the image tower, 0 of the text tower; left as it is: the whole text tower"],
      [
        "first try",
        "did not pass: expected the same label for 98 % of 64 pictures (126 labels) but received 95.3 %",
      ],
      ["weights", "4.0 MB as fp32 → 1.0 MB (25 %)"],
    ]);
  });
});

describe("splitLabels", () => {
  it.each([
    ["cat,dog", ["cat", "dog"]],
    [" cat , dog ,", ["cat", "dog"]],
    ['"red, white and blue",cat', ["red, white and blue", "cat"]],
    ["red\\, white,cat", ["red, white", "cat"]],
    ["猫，狗", ["猫", "狗"]],
    ["back\\slash", ["back\\slash"]],
    ['say \\"hi\\",b', ['say "hi"', "b"]],
    ["a,,b", ["a", "", "b"]],
    ["", [""]],
  ])("%j → %j", (list, labels) => {
    expect(splitLabels(list)).toEqual(labels);
  });

  it("misses a closing quote", () => {
    expect(() => splitLabels('"cat,dog')).toThrow(/closing quote/);
  });
});

describe("readLabelsFile", () => {
  const file = (text: string): string => {
    const path = join(root, "labels");
    writeFileSync(path, text);
    return path;
  };

  it.each([
    ["\ufeffcat\r\n# a comment\r\n\r\n  dog, big  \r\n", ["cat", "dog, big"]],
    ['["cat", "dog"]', ["cat", "dog"]],
    ['\ufeff  ["# no comment"]\n', ["# no comment"]],
  ])("%j → %j", async (text, labels) => {
    expect((await readLabelsFile(file(text))).labels.map(({ name }) => name)).toEqual(labels);
  });

  it.each(['["cat", 1]', '["cat"'])("refuses %s", async (text) => {
    await expect(readLabelsFile(file(text))).rejects.toMatchObject({ code: "labels.file" });
  });

  it("says which file is not there", async () => {
    await expect(readLabelsFile(join(root, "nowhere.txt"))).rejects.toThrow(/nowhere\.txt/);
  });
});

describe("labels and templates of a command", () => {
  it("takes exactly one way to give labels", async () => {
    await expect(labelsOf({})).rejects.toMatchObject({ code: "usage.labels" });
    await expect(labelsOf({ labels: "a", labelSet: "cifar10" })).rejects.toMatchObject({
      code: "usage.labels",
    });
    expect((await labelsOf({ labelSet: "imagenet-1k" })).labels).toHaveLength(1000);
    await expect(labelsOf({ labelSet: "cifar01" })).rejects.toThrow(/Did you mean cifar10\?/);
  });

  it("chooses a level and languages; answers have ids, names in a language, and what is above", async () => {
    const { labels, show } = await labelsOf({ labelSet: "retail", lang: "zh" });
    expect(labels).toHaveLength(508);
    expect(show("jeans")).toEqual({
      label: "牛仔裤",
      id: "clothing/trousers/jeans",
      above: ["服装", "裤装"],
    });
    const top = await labelsOf({ labelSet: "retail", level: 1, promptLang: "zh" });
    expect(top.labels[0]!.name).toBe("服装");
    expect(top.show("服装")).toEqual({ label: "clothing", id: "clothing" });
    const plain = await labelsOf({ labels: "a,b" });
    expect([plain.show("a"), plain.none]).toEqual([{ label: "a" }, undefined]);
    await expect(labelsOf({ labels: "a,b", lang: "zh" })).rejects.toThrow(
      /translations into "zh" but these have none/,
    );
    await expect(labelsOf({ labelSet: "retail", lang: "fr" })).rejects.toThrow(/into "fr" but these have zh/);
    await expect(labelsOf({ labelSet: "retail", level: 4 })).rejects.toMatchObject({ code: "labels.level" });
  });

  it("shows that none of the labels fits where the set's own label for it is first", () => {
    const labels = { labels: [], none: "other", show: (label: string) => ({ label }) };
    const prediction = { label: "other", probability: 1, similarity: 0.5 };
    const answer = { predictions: [prediction], calibrated: "none" } as const;
    expect(shownAnswer(answer, labels).abstained).toBe(true);
    expect(shownAnswer({ ...answer, predictions: [{ ...prediction, label: "cat" }] }, labels).abstained).toBe(
      false,
    );
    expect("abstained" in shownAnswer(answer, { labels: [], show: (label) => ({ label }) })).toBe(false);
  });

  it("joins domains and templates, each once", () => {
    expect(templatesOf({})).toBeUndefined();
    expect(templatesOf({ domain: ["imagenet-80"], template: ["a {}", "a {}"] })).toHaveLength(81);
    expect(() => templatesOf({ domain: ["retial"] })).toThrow(/Did you mean retail\?/);
  });
});

describe("tables", () => {
  it("aligns wide signs by the cells they take", () => {
    const lines = table(
      [{ title: "label" }, { title: "n", align: "right" }],
      [
        ["猫", "1"],
        ["cat", "100"],
      ],
    ).split("\n");
    expect(lines).toEqual(["label    n", "猫       1", "cat    100"]);
    expect(new Set(lines.map((line) => stringWidth(line))).size).toBe(1);
  });

  it("cuts by cells, never through a wide sign", () => {
    expect(clip("一只小猫", 8)).toBe("一只小猫");
    expect(clip("一只小猫", 7)).toBe("一只小…");
    expect(clip("一只小猫", 6)).toBe("一只…");
  });

  it("draws shares in eighths of a cell", () => {
    expect([0, 0.5, 1, 7].map((share) => bar(share, 4))).toEqual(["", "██", "████", "████"]);
    expect(bar(1 / 32, 4)).toBe("▏");
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_500, "1.5 kB"],
    [338_000_000, "338 MB"],
    [999_999_999, "1.0 GB"],
  ])("%i bytes → %s", (count, text) => {
    expect(bytes(count)).toBe(text);
  });

  it("fits the terminal, bars aligned whatever the labels are", () => {
    const predictions = [
      { label: "一只正在睡觉的小猫", probability: 0.9, similarity: 0.3 },
      { label: "a cat ".repeat(20), probability: 0.1, similarity: -0.1 },
    ];
    const lines = predictionTable("cat.jpg", predictions, false).split("\n");
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(80);
    const cells = lines.map((line) => stringWidth(line.slice(0, line.indexOf("%"))));
    expect(cells[0]).toBe(cells[1]);
  });

  it("gives pipes one line a prediction, whatever the names hold", () => {
    const line = tabLines("a\tb\n.jpg", [{ label: "cat", probability: 0.5, similarity: 0.25 }]);
    expect(line).toBe("a b .jpg\tcat\t0.500000\t0.250000");
  });

  it("gives pipes what else was asked for behind it, whether or not a label fits", () => {
    const predictions = [{ label: "cat", probability: 0.5, similarity: 0.25 }];
    const asked = {
      predictions,
      calibrated: "fitted",
      set: ["cat", "dog"],
      entropy: 0.7,
      margin: 0.125,
    } as const;
    const rest = "0.500000\t0.250000\tcat|dog\t0.700000\t0.125000";
    expect(answerLines("a.jpg", asked)).toBe(`a.jpg\tcat\t${rest}`);
    expect(answerLines("a.jpg", { ...asked, abstained: true })).toBe(`a.jpg\t(none of these)\t${rest}`);
  });
});

describe("vector files", () => {
  const model = { model: "m", revision: "r", dim: 2 };
  const rows = [
    { kind: "image", name: "a.jpg", result: unit(Float32Array.of(3, 4)) },
    { kind: "image", name: "b.jpg", result: new ClipError("image.decode", "Broken.") },
    { kind: "image", name: "c.jpg", result: unit(Float32Array.of(0, -1)) },
  ] as const;

  it("writes .npy as NumPy's format has it, and an index beside it", async () => {
    const path = join(root, "new", "v.npy");
    await using file = await openVectorFile(path, model);
    for (const row of rows) await file.add(row);
    await file.finish();
    const data = readFileSync(path);
    expect(data.subarray(0, 8).toString("latin1")).toBe("\x93NUMPY\x01\x00");
    const start = 10 + data.readUInt16LE(8);
    expect(start % 64).toBe(0);
    expect(data.subarray(10, start).toString("latin1").trimEnd()).toBe(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }",
    );
    expect(data[start - 1]).toBe(0x0a);
    const numbers = [0, 4, 8, 12].map((at) => data.readFloatLE(start + at));
    expect(numbers).toEqual([Math.fround(0.6), Math.fround(0.8), 0, -1]);
    expect(data).toHaveLength(start + 16);
    expect(JSON.parse(readFileSync(`${path}.json`, "utf8"))).toEqual({
      ...model,
      rows: [{ image: "a.jpg" }, { image: "c.jpg" }],
      errors: [{ image: "b.jpg", error: { code: "image.decode", message: "Broken." } }],
    });
  });

  it("writes .jsonl, errors in their places", async () => {
    const path = join(root, "v.jsonl");
    await using file = await openVectorFile(path, model);
    for (const row of rows) await file.add(row);
    await file.finish();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { image: "a.jpg", embedding: [Math.fround(0.6), Math.fround(0.8)] },
      { image: "b.jpg", error: { code: "image.decode" } },
      { image: "c.jpg", embedding: [0, -1] },
    ]);
  });

  it("leaves nothing where it is not finished", async () => {
    const folder = join(root, "left");
    {
      await using file = await openVectorFile(join(folder, "v.npy"), model);
      await file.add(rows[0]);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
