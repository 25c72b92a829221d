import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadOptimal } from "../../src/advise/load-optimal.js";
import { REGISTRY } from "../../src/models/registry.js";
import { PICTURES, type Workplace, workplace } from "../support/command.js";
import { placeFiveModels } from "../support/five-models.js";

const NAMES = REGISTRY.map(({ name }) => name);
const CLASSES = ["cat", "coffee", "rocket"];

let place: Workplace;
let home = "";
beforeAll(() => {
  place = workplace();
  home = join(place.folder, "home");
  placeFiveModels(home);
  for (const name of CLASSES) {
    mkdirSync(join(place.folder, "photos", name), { recursive: true });
    copyFileSync(join(PICTURES, `${name}.jpg`), join(place.folder, "photos", name, "1.jpg"));
  }
});
afterAll(() => place[Symbol.dispose]());

const offline = { env: { ZEROCLIP_OFFLINE: "1" } };

describe("the five published variants, where a user has them (random weights in their places)", () => {
  it("are compared by their names in one eval, with a report", async () => {
    const args = ["eval", "photos", "--model", NAMES.join(","), "--report", "r.html", "--json"];
    const { code, stdout, stderr } = await place.run(args, offline);
    expect(stderr).toBe("The report is in r.html.\n");
    expect(code).toBe(0);
    const { models, comparisons } = JSON.parse(stdout);
    expect(models.map(({ model, images }: Record<string, unknown>) => [model, images])).toEqual(
      NAMES.map((name) => [name, 3]),
    );
    for (const one of models) {
      expect(one.imagesPerSecond).toBeGreaterThan(0);
      expect(one.memoryBytes).toBeGreaterThan(0);
      expect(one.ece).toBeGreaterThanOrEqual(0);
    }
    expect(comparisons).toHaveLength((5 * 4) / 2);
    const report = readFileSync(join(place.folder, "r.html"), "utf8");
    for (const name of NAMES) expect(report.includes(JSON.stringify(name))).toBe(true);
    // Each was compiled into a form of its own.
    const compiled = readdirSync(join(home, "compiled")).filter((name) => /^[0-9a-f]{32}$/.test(name));
    expect(compiled).toHaveLength(5);
  });

  it.each([
    ["low", "RN50", 32],
    ["medium", "ViT-B/32", 24],
    ["high", "ViT-L/14", 40],
  ] as const)("loadOptimal: a %s budget opens %s, which answers", async (budget, model, dim) => {
    const found = await loadOptimal({ budget, home, offline: true });
    await using clip = found.clip;
    expect(found.model).toBe(model);
    expect(clip.model).toMatchObject({ name: model, dim });
    expect(found.why).toContain(model);
    expect(found.others.map((other) => other.model)).not.toContain(model);
    const { batchSize, views } = found;
    const picture = join(PICTURES, "cat.jpg");
    const answers = await clip.classify(picture, CLASSES, { batchSize, views });
    expect(answers.map(({ label }) => label).sort()).toEqual(CLASSES);
  });

  it("loadOptimal: a limit that none meets says what is nearest", async () => {
    await expect(loadOptimal({ memory: 1e6, home, offline: true })).rejects.toMatchObject({
      code: "advise.nothing-fits",
      message: expect.stringMatching(/^Nothing fits; the nearest is .*: raise the memory to /),
    });
  });
});
