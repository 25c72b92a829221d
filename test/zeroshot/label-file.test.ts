import { describe, expect, it } from "vitest";
import { parseLabelSet } from "../../src/zeroshot/label-file/parse.js";

const GOODS = `# what we sell
description: our goods
none: {id: other, name: none of these, prompts: [a photo of something else.]}
labels:
  - id: shoes
    name: shoe
    translations: {zh: 鞋}
  - id: sneaker
    name: sneakers
    aliases: [trainers, running shoes]
    description: light shoes for sport
    parent: shoes
    prompts: &shelf
      - a shelf of sneakers in a shop.
  - id: boot
    name: boot
    parent: shoes
    prompts: *shelf
  - no
  - 1.0
`;

describe("parseLabelSet", () => {
  it("reads YAML with every field; words that YAML takes for something else stay words", async () => {
    const shelf = ["a shelf of sneakers in a shop."];
    expect(await parseLabelSet(GOODS, "goods.yaml")).toEqual({
      description: "our goods",
      none: "other",
      labels: [
        { id: "shoes", name: "shoe", translations: { zh: "鞋" } },
        {
          id: "sneaker",
          name: "sneakers",
          aliases: ["trainers", "running shoes"],
          description: "light shoes for sport",
          parent: "shoes",
          prompts: shelf,
        },
        { id: "boot", name: "boot", parent: "shoes", prompts: shelf },
        { id: "no", name: "no" },
        { id: "1.0", name: "1.0" },
        { id: "other", name: "none of these", prompts: ["a photo of something else."] },
      ],
    });
  });

  it("reads the same from JSON, known by its ending or its bracket", async () => {
    const set = { labels: [{ id: "a", name: "cat", aliases: ["kitty"] }, "dog"], none: "dog" };
    const read = {
      description: "",
      none: "dog",
      labels: [
        { id: "a", name: "cat", aliases: ["kitty"] },
        { id: "dog", name: "dog" },
      ],
    };
    expect(await parseLabelSet(JSON.stringify(set), "a.json")).toEqual(read);
    expect(await parseLabelSet(`\ufeff ${JSON.stringify(set)}`, "labels")).toEqual(read);
    expect((await parseLabelSet('["# no comment"]', "labels.txt")).labels[0]!.name).toBe("# no comment");
  });

  it("reads plain lines; # begins a comment", async () => {
    const { labels } = await parseLabelSet("\ufeffcat\r\n# a comment\r\n\r\n  dog, big  \r\n", "x.txt");
    expect(labels.map(({ name }) => name)).toEqual(["cat", "dog, big"]);
    const old = await parseLabelSet("cat\rdog\r", "x.txt");
    expect(old.labels.map(({ name }) => name)).toEqual(["cat", "dog"]);
    await expect(parseLabelSet("cat\rdog\r\ndog", "x.txt")).rejects.toThrow(/line 3 .*line 2/);
  });

  it("takes the id where there is no name", async () => {
    expect((await parseLabelSet("[{id: cat}]", "x.yml")).labels).toEqual([{ id: "cat", name: "cat" }]);
  });

  const yaml = (labels: string): string => `description: x\nlabels:\n${labels}`;
  it.each<[what: string, file: string, text: string, code: string, sentence: RegExp]>([
    [
      "a broken line",
      "x.yaml",
      "labels:\n  - a\n b: c\n",
      "labels.file",
      /Expected YAML in line 3 of x\.yaml/,
    ],
    ["tabs", "x.yaml", "labels:\n\t- a", "labels.file", /in line 2 of x\.yaml .*Tabs/],
    ["two documents", "x.yaml", "[a]\n---\n[b]", "labels.file", /in line 2 .*a second document/],
    ["a tag", "x.yaml", "- a\n- !!js/function b", "labels.file", /in line 2 .*Unresolved tag/],
    ["a field twice", "x.yaml", "labels: [a]\nlabels: [b]", "labels.file", /in line 2 .*"labels" twice/],
    [
      "an unknown field",
      "x.yaml",
      yaml("  - name: a\n    alias: b"),
      "labels.file",
      /in line 4 .*"alias", which may be meant as aliases/,
    ],
    ["an unknown field above", "x.yaml", "lables: [a]", "labels.file", /in line 1 .*meant as labels/],
    ["a list as a name", "x.yaml", yaml("  - a\n  - name: [b]"), "labels.file", /in line 4 .*\["b"\]/],
    [
      "one alias in words",
      "x.yaml",
      yaml("  - name: a\n    aliases: b"),
      "labels.file",
      /a list of aliases in line 4/,
    ],
    ["an empty name", "x.yaml", yaml("  - a\n  - name:"), "labels.empty", /in line 4 .*nothing/],
    ["no name", "x.yaml", yaml("  - a\n  - aliases: [b]"), "labels.empty", /in line 4 .*found none/],
    [
      "an empty prompt",
      "x.yaml",
      yaml("  - name: a\n    prompts:\n      - b\n      - ''"),
      "labels.empty",
      /in line 6/,
    ],
    [
      "an id twice",
      "x.yaml",
      yaml("  - a\n  - b\n  - {id: a, name: c}"),
      "labels.duplicate",
      /in line 5 .*"a" again, which is in line 3/,
    ],
    ["a name twice", "x.yaml", yaml("  - a\n  - {id: b, name: a}"), "labels.duplicate", /in line 4 .*line 3/],
    [
      "a parent that is not there",
      "x.yaml",
      yaml("  - shoes\n  - {id: b, parent: shoe}"),
      "labels.parent",
      /in line 4 .*"shoe", which may be meant as "shoes"/,
    ],
    [
      "a circle",
      "x.yaml",
      yaml("  - {id: a, parent: b}\n  - {id: b, parent: c}\n  - {id: c, parent: a}"),
      "labels.parent",
      /in line 3 .*circle/,
    ],
    ["its own parent", "x.yaml", yaml("  - {id: a, parent: a}"), "labels.parent", /circle through "a"/],
    [
      "a language that is none",
      "x.yaml",
      yaml("  - name: a\n    translations: {Chinese: b}"),
      "labels.file",
      /in line 4 .*"Chinese"/,
    ],
    ["no labels", "x.yaml", "description: a", "labels.file", /a list called labels in line 1/],
    ["an empty list", "x.yaml", "labels: []", "labels.empty", /at least one label in line 1/],
    ["an empty file", "x.yaml", "", "labels.file", /in line 1/],
    ["an empty text file", "x.txt", "# nothing\n", "labels.empty", /at least one label/],
    [
      "a line twice",
      "x.txt",
      "cat\n\ndog\ncat\n",
      "labels.duplicate",
      /in line 4 .*"cat" again, which is in line 1/,
    ],
    ["an unknown alias", "x.yaml", "- a\n- *b", "labels.file", /line 2/],
    ["an alias of itself", "x.yaml", "labels: &a\n  - *a", "labels.file", /inside each other/],
    ["cut JSON", "x.json", '["a",\n"b"', "labels.file", /Expected JSON in line 2 of x\.json/],
    ["a comma too many", "x.json", '["a",\n"b",\n]', "labels.file", /Expected JSON in line 3 of x\.json/],
    [
      "two commas",
      "x.json",
      '["a",\n"b"\n,,"c",\n"d"\n]\n',
      "labels.file",
      /line 3 of x\.json .*token ','\.$/,
    ],
    ["a bare word", "x.json", '["a",\nb,\n"c"\n]\n\n', "labels.file", /Expected JSON in line 2 of x\.json/],
    [
      "a half-written null",
      "x.json",
      '["a",\n nul\n,\n"c"]\n',
      "labels.file",
      /Expected JSON in line 2 of x\.json/,
    ],
    ["a number in JSON", "x.json", '["a",\n 1]', "labels.file", /in line 2 of x\.json but found 1\.$/],
    [
      "a parent in JSON",
      "x.json",
      '{"labels": ["a",\n{"id": "b",\n"parent": "z"}]}',
      "labels.parent",
      /in line 3/,
    ],
    ["null in JSON", "x.json", "null", "labels.file", /found null/],
    [
      "a field twice in JSON",
      "x.json",
      '{"labels": [{"name": "a:b\\"c"},\n{"name": "d", "n\\u0061me": "e"}]}',
      "labels.file",
      /every field once in line 2 .*"name" twice/,
    ],
    [
      "a field of the last of many in JSON",
      "x.json",
      `{ "labels" :\n[ {"name": "a\\\\", "prompts": ["]", "}"]} ,\n"b\\"," , {"translations":{ "zh" : "猫" },\n"id": "c",\n"aliases":\n7 } ] }`,
      "labels.file",
      /a list of aliases in line 6 .*found 7/,
    ],
    [
      "JSON that is nested",
      "x.json",
      `["a",\n${"[".repeat(99_999)}${"]".repeat(99_999)}]`,
      "labels.file",
      /line 2/,
    ],
    [
      "more levels than there may be",
      "x.yaml",
      yaml(
        Array.from({ length: 101 }, (_, i) => `  - {id: a${i}${i > 0 ? `, parent: a${i - 1}` : ""}}`).join(
          "\n",
        ),
      ),
      "labels.parent",
      /at most 100 levels in line 103 of x\.yaml/,
    ],
    [
      "a none that is above others",
      "x.yaml",
      "none: a\nlabels:\n  - a\n  - {id: b, parent: a}\n  - c",
      "labels.parent",
      /nobody's parent in line 1 .*"a", which is above "b"/,
    ],
  ])("tells the line: %s", async (_, file, text, code, sentence) => {
    const error = await parseLabelSet(text, file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ClipError", code, message: expect.stringMatching(sentence) });
    expect((error as Error).message).not.toContain("\n");
  });

  it("ends quickly on files made to hurt", async () => {
    const levels = "bcdefghijklmnop";
    const bomb = [
      "a: &a [x, x, x, x, x, x, x, x, x, x]",
      ...[...levels].map((name, i) => {
        const before = i === 0 ? "a" : levels[i - 1];
        return `${name}: &${name} [${Array(10).fill(`*${before}`).join(", ")}]`;
      }),
    ];
    for (const text of [bomb.join("\n"), "[".repeat(20_000), "{".repeat(20_000), "- ".repeat(20_000)]) {
      await expect(parseLabelSet(text, "x.yaml")).rejects.toMatchObject({ code: "labels.file" });
    }
    const chain = Array.from({ length: 50_000 }, (_, i) => ({ id: `${i}`, parent: `${i + 1}` }));
    const deep = JSON.stringify([...chain, { id: "50000" }]);
    await expect(parseLabelSet(deep, "x.json")).rejects.toMatchObject({ code: "labels.parent" });
    await expect(parseLabelSet("a".repeat(17 * 1024 * 1024), "x.txt")).rejects.toMatchObject({
      code: "labels.file",
    });
  });

  it("holds prototypes off", async () => {
    await expect(parseLabelSet("__proto__: {labels: [a]}", "x.yaml")).rejects.toMatchObject({
      code: "labels.file",
    });
    await expect(parseLabelSet('{"__proto__": {"labels": ["a"]}}', "x.json")).rejects.toMatchObject({
      code: "labels.file",
    });
  });

  it("reads 100,000 labels, and refuses more than 200,000", async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `label ${i}`);
    expect((await parseLabelSet(lines.join("\n"), "x.txt")).labels).toHaveLength(100_000);
    const many = JSON.stringify(Array.from({ length: 200_001 }, (_, i) => `${i}`));
    await expect(parseLabelSet(many, "x.json")).rejects.toMatchObject({ code: "labels.too-many" });
  });
});
