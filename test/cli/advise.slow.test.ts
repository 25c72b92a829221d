import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, STACK, type Workplace, workplace } from "../support/command.js";

const COMPANIES = join(import.meta.dirname, "..", "..", "examples", "companies");

let place: Workplace;
beforeAll(() => {
  place = workplace();
  for (const [name, file] of [
    ["cat", "cat.jpg"],
    ["cup of coffee", "coffee.jpg"],
    ["rocket", "rocket.jpg"],
  ] as const) {
    mkdirSync(join(place.folder, "mine", name), { recursive: true });
    copyFileSync(join(PICTURES, file), join(place.folder, "mine", name, file));
  }
});
afterAll(() => place[Symbol.dispose]());

const offline = { env: { ZEROCLIP_OFFLINE: "1" } };

describe("zeroclip advise", () => {
  it("measures this machine, names the default of the budget, and says why not the others", async () => {
    const { code, stdout, stderr } = await place.run(["advise", "--budget", "medium"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ViT-B\/32 {3}precision fp32, batch \d+, views center\n/);
    expect(stdout).toMatch(/^→ {2}ViT-B\/32 .*\(estimated\) +63\.3 % ImageNet \(published\).*to download$/m);
    expect(stdout).toMatch(/^ {2}ViT-L\/14: over the budget "medium": /m);
    expect(stdout).toMatch(/not measured here/);
    expect(stdout).toMatch(/billion operations a second/);
    expect(readdirSync(join(place.folder, "home", "advise"))).toHaveLength(1);
  });

  it("measures accuracy on own pictures, and offline chooses what is here", async () => {
    const { code, stdout } = await place.run(
      ["advise", "--data", "mine", "--views", "center", "--json"],
      offline,
    );
    expect(code).toBe(0);
    const { choice, candidates, why } = JSON.parse(stdout);
    expect(choice).toMatchObject({ model: "starter", views: "center", state: "here" });
    expect(why).toMatch(/100\.0 % on mine, measured/);
    const starter = candidates.find((one: { model: string }) => one.model === "starter");
    expect(starter).toMatchObject({ accuracy: { value: 1, origin: "measured", pictures: 3 }, pareto: true });
    expect(starter.batches[0].ms).toMatchObject({ origin: "measured" });
    for (const one of candidates.filter((other: { model: string }) => other.model !== "starter"))
      expect(one.loses).toMatchObject({
        kind: expect.any(String),
        reason: expect.stringMatching(/not on this machine/),
      });
  });

  it("where nothing fits, says what is nearest and what to raise, and ends with 1", async () => {
    const { code, stdout } = await place.run(["advise", "--memory", "20MB"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^Nothing fits; the nearest is \S+ at batch 1, with .*: raise the memory to \d+ MB\.\n/,
    );
    expect(stdout).toMatch(/Why none:/);
  });

  it("resources: a row a variant, with the article's figures beside", async () => {
    const { code, stdout } = await place.run(["advise", "resources"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ViT-L\/14@336px .*\(estimated\).*9\.7 GB, 58 ms \(published\)$/m);
    expect(stdout).toMatch(/^RN50 .*3\.8 GB, 12 ms \(published\)$/m);
    expect(stdout).toMatch(/published, not measured here/);
    const json = JSON.parse((await place.run(["advise", "resources", "--json"])).stdout);
    expect(json.models.map(({ model }: { model: string }) => model)).toEqual([
      "starter",
      "RN50",
      "RN101",
      "ViT-B/32",
      "ViT-L/14",
      "ViT-L/14@336px",
    ]);
    expect(json.models[0].batches[0].ms.origin).toBe("measured");
    expect(json.models[0].environment).toEqual(expect.any(String));
  });

  it.each(["start-up", "growing", "established"])("cost of %s is a complete answer", async (name) => {
    const file = join(COMPANIES, `${name}.yaml`);
    const { code, stdout, stderr } = await place.run(["advise", "cost", file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/ leaves most, /);
    for (const way of ["zero-shot", "by hand", "own classifier"])
      expect(stdout).toMatch(new RegExp(`^(?:→| ) ${way} .* EUR$`, "m"));
    expect(stdout).toMatch(/^Break-even:$/m);
    expect(stdout).toMatch(/^What matters most /m);
    expect(stdout).toMatch(/assumption: zeroclip's default/);
    expect(stdout).toMatch(/assumption: marked so in the file/);
    expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
    const { figures, sensitivity, ways } = JSON.parse(
      (await place.run(["advise", "cost", file, "--json"])).stdout,
    );
    expect(figures.pictures_per_month).toMatchObject({ origin: "given", assumption: false });
    expect(figures.months.assumption).toBe(true);
    expect(sensitivity[0].swing).toBeGreaterThan(0);
    expect(ways).toHaveLength(3);
  });

  it("cost: what the file leaves open comes from the model, and is marked", async () => {
    const text = readFileSync(join(COMPANIES, "start-up.yaml"), "utf8").replaceAll(
      /^(?:accuracy|ms_per_picture|\s+- (?:accuracy|ms_per_picture)\b).*\n/gm,
      "",
    );
    writeFileSync(join(place.folder, "open.yaml"), text);
    const { code, stdout } = await place.run(["advise", "cost", "open.yaml"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^right labels of zero-shot, share +0\.6332 +assumption: published for ImageNet, not measured here$/m,
    );
    expect(stdout).toMatch(/^ms a picture of zero-shot .*assumption: estimated for this machine$/m);
    writeFileSync(join(place.folder, "starter.yaml"), text.replace("ViT-B/32\n", "starter\n"));
    const starter = await place.run(["advise", "cost", "starter.yaml"]);
    expect(starter.code).toBe(2);
    expect(starter.stderr).toMatch(/Expected the field accuracy in starter\.yaml.*"starter"/);
  });

  it.each([
    [["advise", "--budget", "lavish"], /Allowed choices are low, medium, high/],
    [["advise", "--memory", "4"], /number above 0 with a unit.*such as 4GB/],
    [["advise", "--memory", "0GB"], /number above 0/],
    [["advise", "--latency", "fast"], /such as 50ms/],
    [["advise", "--views", "tiles"], /Expected center, flip, five for --views but received "tiles"/],
    [["advise", "--data", "nowhere"], /nowhere/],
    [["advise", "--model", "nowhere.pt"], /nowhere\.pt/],
    [
      ["advise", "cost", "nowhere.yaml"],
      /Expected a company's file at nowhere\.yaml but there is no such file/,
    ],
    [["advise", "cost"], /missing required argument/],
    [["advise", "costs"], /./],
  ])("refuses %j", async (args, words) => {
    const { code, stdout, stderr } = await place.run(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(STACK);
  });
});
