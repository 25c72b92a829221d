import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, STACK, type Workplace, workplace } from "../support/command.js";

let place: Workplace;
beforeAll(() => {
  place = workplace();
  mkdirSync(join(place.folder, "photos"));
  for (const name of ["cat.jpg", "coffee.jpg"])
    copyFileSync(join(PICTURES, name), join(place.folder, "photos", name));
  writeFileSync(join(place.folder, "texts.txt"), "a cat\n\na dog\n");
});
afterAll(() => place[Symbol.dispose]());

const small = ["--images", "photos", "--texts", "texts.txt", "--seconds", "1", "--rounds", "1"];

describe("zeroclip bench", () => {
  it("measures the starter in a real process, and says on what", async () => {
    const { code, stdout, stderr } = await place.run(["bench", ...small, "--json"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.versions).toMatchObject({
      zeroclip: expect.any(String),
      "onnxruntime-node": expect.any(String),
    });
    expect(report.settings).toMatchObject({ rounds: 1, pictures: 2, texts: 2 });
    const [starter] = report.contenders;
    expect(starter).toMatchObject({ name: "starter", own: true });
    for (const measure of ["load", "cold", "resident", "b1", "b8", "b32", "text", "files"])
      expect(starter.figures[measure].median).toBeGreaterThan(0);
    expect(starter.operations).toBeGreaterThan(1e8);
    // A tower can't pass the processor's own peak.
    expect(starter.ofPeak.int8).toBeGreaterThan(0);
    expect(starter.ofPeak.int8).toBeLessThan(1);
  });

  it("goes on past a model that is not there, names it and ends with 1", async () => {
    const { code, stdout } = await place.run([
      "bench",
      ...small,
      "--model",
      "nowhere.pt,starter",
      "--markdown",
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\| nowhere\.pt \(failed\) \| — \|/m);
    expect(stdout).toMatch(/nowhere\.pt: Expected/);
    expect(stdout).not.toMatch(STACK);
  });

  it("tells a broken picture before it measures, and measures with the others", async () => {
    const folder = join(place.folder, "some");
    mkdirSync(folder);
    copyFileSync(join(PICTURES, "cat.jpg"), join(folder, "whole.jpg"));
    writeFileSync(join(folder, "half.jpg"), readFileSync(join(PICTURES, "cat.jpg")).subarray(0, 3000));
    const { code, stdout, stderr } = await place.run(["bench", ...small, "--images", "some", "--json"]);
    expect(stderr).toMatch(/^warning: some\/half\.jpg is left out: Expected a whole picture/);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      settings: { pictures: 1 },
      contenders: [{ name: "starter" }],
    });
  });

  it("measures nothing where no picture can be read", async () => {
    mkdirSync(join(place.folder, "broken"));
    writeFileSync(join(place.folder, "broken", "1.jpg"), "no picture");
    const { code, stdout, stderr } = await place.run(["bench", "--images", "broken"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/none of 1 could be read: .*1\.jpg/);
    expect(stderr).not.toMatch(STACK);
  });

  it.each([
    [["--texts", "none.txt"], /Expected texts at none\.txt but there is no such file/],
    [["--images", "nowhere"], /nowhere/],
    [["--rounds", "0"], /whole number from 1 to 100/],
  ])("refuses %j", async (args, words) => {
    const { code, stdout, stderr } = await place.run(["bench", ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(STACK);
  });
});
