import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());

beforeAll(() => {
  for (const [label, file] of [
    ["astronaut", "astronaut"],
    ["cat", "cat"],
    ["cup of coffee", "coffee"],
    ["rocket", "rocket"],
  ] as const) {
    mkdirSync(join(place.folder, "photos", label), { recursive: true });
    copyFileSync(join(PICTURES, `${file}.jpg`), join(place.folder, "photos", label, "1.jpg"));
  }
  for (const label of ["cat", "rocket"]) {
    mkdirSync(join(place.folder, "same", label), { recursive: true });
    for (const name of ["1", "2"])
      copyFileSync(join(PICTURES, "cat.jpg"), join(place.folder, "same", label, `${name}.jpg`));
  }
});

const robust = (...args: string[]) => place.run(["robust", ...args]);

test("writing is measured, the same each time, and drawn", async () => {
  const args = ["photos", "--only", "typographic,resolutions", "--resolutions", "64", "--json"];
  const first = await robust(...args, "--report", "r.html");
  expect(first).toMatchObject({ code: 0 });
  const found = JSON.parse(first.stdout);
  expect(found).toMatchObject({ model: "starter", pictures: 4, labels: 4, seed: 1 });
  expect(found.clean.share).toBeGreaterThanOrEqual(0.75);
  expect(found.typographic.card.plain.fooled.share).toBeGreaterThanOrEqual(0);
  expect(found.resolutions).toHaveLength(1);
  expect(found).not.toHaveProperty("adversarial");
  const again = await robust(...args);
  expect(again.stdout).toBe(first.stdout);
  const report = readFileSync(join(place.folder, "r.html"), "utf8");
  expect(report).toContain('"model":"starter"');
  expect(report).toContain("Chart.js");
});

test("attacks and defences are told in words, published figures beside them as such", async () => {
  const { code, stdout } = await robust(
    ...["photos", "--only", "adversarial", "--attacks", "noise,fgsm", "--epsilons", "2", "--attacked", "2"],
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/random noise\s+2\/255\s+\d+\.\d/);
  expect(stdout).toMatch(/FGSM\s+2\/255/);
  expect(stdout).toContain("published, not measured here");
});

test("a tower is trained from the command line, and opens as a model", async () => {
  const args = [
    "train",
    "photos",
    "--out",
    "made",
    "--size",
    "64",
    "--updates",
    "1",
    "--batch-size",
    "2",
    "--attack-steps",
    "1",
  ];
  const { code, stdout } = await robust(...args, "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    name: "made",
    pictures: 4,
    settings: { method: "fare", size: 64 },
  });
  expect(existsSync(join(place.folder, "made", "zeroclip.json"))).toBe(true);
  const answered = await place.run([
    "classify",
    join(PICTURES, "cat.jpg"),
    "--labels",
    "cat,rocket",
    "--model",
    "./made",
    "--json",
  ]);
  expect(JSON.parse(answered.stdout).results[0].predictions[0].label).toBe("cat");
  const twice = await robust(...args);
  expect(twice).toMatchObject({ code: 2, stdout: "" });
  expect(twice.stderr).toContain("robust.out");
});

test("pictures that are all the same are measured, too", async () => {
  const { code, stdout } = await robust("same", "--only", "typographic", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ pictures: 4, clean: { share: 0.5 } });
});

test("pictures of nothing among the labels may lie in one folder", async () => {
  mkdirSync(join(place.folder, "flat"));
  for (const name of ["cat", "coffee"])
    copyFileSync(join(PICTURES, `${name}.jpg`), join(place.folder, "flat", `${name}.jpg`));
  const options = ["--only", "detection", "--attacked", "1", "--steps", "1", "--outside", "flat", "--json"];
  const { code, stdout } = await robust("photos", ...options);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).detection[0]).toMatchObject({ strangers: "outside", pictures: 2 });
});

describe("a slip is one sentence", () => {
  test.each([
    ["a part that there is not", ["photos", "--only", "fog"], "usage.robust", 2],
    ["an attack that there is not", ["photos", "--attacks", "ray"], "usage.robust", 2],
    ["no budget", ["photos", "--epsilons", "0"], "usage.robust", 2],
    ["a model in 8 bits", ["photos", "--model", "starter@int8"], "robust.model", 2],
    ["several models", ["photos", "--model", "pair.json"], "robust.model", 2],
    ["no part", ["photos", "--only", ""], "usage.robust", 2],
    ["no attack", ["photos", "--attacks", ","], "usage.robust", 2],
    ["no resolution", ["photos", "--resolutions", ""], "usage.robust", 2],
    ["a report without a name", ["photos", "--report", ""], "evaluate.report", 2],
    ["a report where a folder is", ["photos", "--report", "photos"], "evaluate.report", 2],
    [
      "a report where nothing can be written",
      ["photos", "--report", "/proc/none/r.html"],
      "evaluate.report",
      2,
    ],
    ["one label", ["photos/cat/1.jpg"], "evaluate", 2],
  ])("%s", async (_, args, code, exit) => {
    const found = await robust(...args);
    expect(found.stderr).toContain(code);
    expect(found).toMatchObject({ code: exit, stdout: "" });
    expect(found.stderr).not.toMatch(STACK);
  });
});
