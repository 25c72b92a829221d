import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const run = (...args: string[]) => place.run(args, { env: { ZEROCLIP_OFFLINE: "1" } });
const picture = (name: string): string => join(PICTURES, `${name}.jpg`);

function file(name: string, text: string): string {
  writeFileSync(join(place.folder, name), text);
  return name;
}

const PETS = `description: pets
none: {id: none, name: something else, prompts: [a photo of a building., a photo of food., a photo of coffee.]}
labels:
  - {id: animals, name: animals, translations: {zh: 动物}}
  - id: p1
    name: cat
    aliases: [kitten]
    parent: animals
    translations: {zh: 猫}
  - {id: p2, name: dog, description: a pet that barks, parent: animals, translations: {zh: 狗}}
`;

describe("labels", () => {
  it("list: every set with its size, levels and languages", async () => {
    const { code, stdout } = await run("labels", "list", "--json");
    expect(code).toBe(0);
    const { sets } = JSON.parse(stdout) as { sets: { name: string }[] };
    expect(sets.find(({ name }) => name === "retail")).toMatchObject({
      chosenAmong: 508,
      labels: 591,
      levels: 3,
      languages: ["zh"],
    });
    expect((await run("labels", "list")).stdout).toMatch(
      /^moderation +14 +14 +1 {2}content moderation, an example/m,
    );
  });

  it("show: names, translations and ids; what --json prints is a label set itself", async () => {
    const { stdout } = await run("labels", "show", "retail");
    expect(stdout).toContain("\n    jeans\t牛仔裤\tclothing/trousers/jeans\n");
    const json = await run("labels", "show", "clothing-10", "--json");
    file("again.json", json.stdout);
    expect((await run("labels", "check", "again.json")).stdout).toBe(
      "again.json: 10 labels on 1 level, 10 to choose among, translated into zh\n",
    );
  });

  it("check: what there is, or one sentence with the line, exit code 2", async () => {
    file("pets.yaml", PETS);
    const fine = await run("labels", "check", "pets.yaml", "--json");
    expect(JSON.parse(fine.stdout)).toMatchObject({ labels: 4, chosenAmong: 3, levels: 2, none: "none" });
    file("bad.yaml", "labels:\n  - cat\n  - {name: dog, alias: [hound]}\n");
    const { code, stdout, stderr } = await run("labels", "check", "bad.yaml");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(
      /^error: Expected only the fields .* in line 3 of bad\.yaml .*meant as aliases\. \(labels\.file\)\n$/,
    );
    file("case.txt", "Turkey\nturkey\n");
    const warned = await run("labels", "check", "case.txt");
    expect(warned.code).toBe(0);
    expect(warned.stderr).toMatch(/^warning: .*"Turkey" and "turkey" differ in case only/);
  });
});

describe("classify with a label set", () => {
  it("YAML: aliases are used, answers have ids, Chinese names and what is above", async () => {
    file("pets.yaml", PETS);
    const args = ["classify", picture("cat"), "--labels-file", "pets.yaml", "--lang", "zh", "--json"];
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [{ predictions, abstained }] = JSON.parse(stdout).results;
    expect(predictions[0]).toMatchObject({ label: "猫", id: "p1", above: ["动物"] });
    expect(predictions).toHaveLength(3);
    expect(abstained).toBe(false);
  });

  it("--sum: a level above gets what is under it, in the language asked for", async () => {
    file("pets.yaml", PETS);
    const args = ["classify", picture("cat"), "--labels-file", "pets.yaml", "--json"];
    const [leaves, sums] = await Promise.all([
      run(...args),
      run(...args, "--level", "1", "--sum", "--lang", "zh"),
    ]);
    const of = ({ stdout }: { stdout: string }): { label: string; id: string; probability: number }[] =>
      JSON.parse(stdout).results[0].predictions;
    const under = (ids: string[]): number =>
      of(leaves).reduce((sum, { id, probability }) => sum + (ids.includes(id) ? probability : 0), 0);
    expect(of(sums).map(({ label }) => label)).toContain("动物");
    const animals = of(sums).find(({ label }) => label === "动物")!;
    expect(animals.probability).toBeCloseTo(under(["p1", "p2"]), 9);
    expect(of(sums)).toHaveLength(2);
    expect(of(sums).reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  });

  it("none of these: where that label is first, the answer says so", async () => {
    file("pets.yaml", PETS);
    const { stdout } = await run("classify", picture("coffee"), "--labels-file", "pets.yaml", "--top", "1");
    expect(stdout.split("\t")[1]).toBe("(none of these)");
  });

  it("templates with fields, a domain, and weights by pictures without labels", async () => {
    const args = ["classify", picture("cat"), "--labels", "cat,scissors", "--json", "--top", "1"];
    const templates = ["--template", "{article} {domain} photo of {article} {label}", "--domain", "retail"];
    const { stdout } = await run(...args, ...templates);
    expect(JSON.parse(stdout).results[0].predictions[0].label).toBe("cat");
    mkdirSync(join(place.folder, "many"), { recursive: true });
    for (let i = 0; i < 10; i++) {
      copyFileSync(picture(i % 2 ? "cat" : "coffee"), join(place.folder, "many", `${i}.jpg`));
    }
    const weighted = await run(...args, "--domain", "generic", "--weight-prompts", "many");
    expect(weighted.code).toBe(0);
    expect(JSON.parse(weighted.stdout).results[0].predictions[0].label).toBe("cat");
    const few = await run(...args, "--domain", "generic", "--weight-prompts", picture("cat"));
    expect(few.stderr).toMatch(/at least 10 pictures .* received 1\. \(labels\.pictures\)/);
  });

  it.each<[string[], RegExp]>([
    [["--labels", ""], /label 1 is empty/],
    [["--labels", "cat,dog,cat"], /"cat" is label 1 and label 3/],
    [["--labels-file", "empty.txt"], /at least one label in line 1 of empty\.txt/],
    [["--labels-file", "twice.txt"], /in line 3 of twice\.txt .*line 1/],
    [["--label-set", "retial"], /Did you mean retail\?/],
    [["--label-set", "retail", "--level", "9"], /a level from 1 to 3/],
    [["--label-set", "retail", "--sum"], /--level N with --sum/],
    [["--label-set", "retail", "--sum", "--level", "1", "--coverage", "0.9"], /--sum without --abstain/],
    [["--labels", "a,b", "--lang", "zh"], /translations into "zh"/],
    [["--labels", "a,b", "--template", "a {lable}"], /Did you mean \{label\}\?/],
    [["--labels", "a,b", "--template", "a {domain} of {}"], /a domain for \{domain\}/],
    [["--labels", "a,b", "--domain", "medica"], /Did you mean medical\?/],
  ])("%j is told before a model is opened", async (args, sentence) => {
    file("empty.txt", "\n# nothing\n");
    file("twice.txt", "cat\ndog\ncat\n");
    const { code, stdout, stderr } = await run("classify", picture("cat"), ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(STACK);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("only emoji: answers, and warns that the model doesn't read them", async () => {
    const { code, stdout, stderr } = await run("classify", picture("cat"), "--labels", "😀,🎉", "--json");
    expect(code).toBe(0);
    const codes = (JSON.parse(stdout).warnings as { code: string }[]).map(({ code }) => code);
    expect(codes).toContain("labels.same");
    expect(stderr).toMatch(/are the same to this model/);
  });
});

describe("prompts try", () => {
  it("measures each template and all together, with intervals", async () => {
    for (const [id, name] of [
      ["cat", "cat"],
      ["coffee", "coffee"],
    ] as const) {
      mkdirSync(join(place.folder, "set", id), { recursive: true });
      for (let i = 0; i < 6; i++) copyFileSync(picture(name), join(place.folder, "set", id, `${i}.jpg`));
    }
    const { code, stdout } = await run("prompts", "try", "set", "--json");
    expect(code).toBe(0);
    const trial = JSON.parse(stdout);
    expect(trial).toMatchObject({ model: "starter", set: "set", images: 12, classes: 2 });
    expect(trial.templates).toHaveLength(3);
    for (const { top1, interval, weight } of trial.templates) {
      expect(interval.low).toBeLessThanOrEqual(top1);
      expect(interval.high).toBeGreaterThanOrEqual(top1);
      expect(weight).toBeGreaterThan(0);
    }
    expect(trial.ensemble.gain.top1).toBeCloseTo(trial.ensemble.top1 - trial.templates[0].top1, 12);
    expect(trial.weighted.top1).toBeGreaterThan(0.5);
    const table = await run(
      "prompts",
      "try",
      "set",
      "--template",
      "{}",
      "--template",
      "a photo of {article} {label}",
    );
    expect(table.stdout).toMatch(/^all 2 together +\d+\.\d\d/m);
    expect((await run("prompts", "try", "set", "--template", "x")).code).toBe(2);
    expect((await run("prompts", "try", "nowhere")).stderr).toMatch(/no such folder/);
  });
});
