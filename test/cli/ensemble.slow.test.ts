import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());

const CLASSES = ["astronaut", "cat", "coffee", "rocket"];
const picture = (name: string): string => join(process.cwd(), "test/fixtures/pictures", `${name}.jpg`);

/** One folder a class, and a second model: the starter that sees the middle of a larger copy of each picture. */
beforeAll(() => {
  for (const name of CLASSES) {
    mkdirSync(join(place.folder, "set", name), { recursive: true });
    for (let i = 0; i < 26; i++) copyFileSync(picture(name), join(place.folder, "set", name, `${i}.jpg`));
  }
  writeFileSync(join(place.folder, "set", "cat", "broken.jpg"), "no picture");
  const starter = join(process.cwd(), "starter");
  mkdirSync(join(place.folder, "second"));
  for (const name of ["image.onnx", "text.onnx", "text-zh.onnx", "tokenizer.json", "tokenizer-zh.json"]) {
    symlinkSync(join(starter, name), join(place.folder, "second", name));
  }
  const spec = JSON.parse(readFileSync(join(starter, "zeroclip.json"), "utf8"));
  spec.name = "second";
  spec.image.resize.resizeTo = 400;
  spec.templates = ["a photo of a {}."];
  writeFileSync(join(place.folder, "second", "zeroclip.json"), JSON.stringify(spec));
});

const run = (...args: string[]) =>
  place.run([...args, "--cache-images"], { cwd: place.folder, env: { ZEROCLIP_OFFLINE: "1" } });

describe("ensemble fit", { timeout: 180_000 }, () => {
  it("an ensemble: what it found is a model for classify, eval and embed", async () => {
    const models = ["--models", "starter,./second"];
    const { code, stdout, stderr } = await run(
      "ensemble",
      "fit",
      "set",
      ...models,
      "--out",
      "pair.json",
      "--json",
    );
    expect(stderr).toContain("broken.jpg");
    expect(code).toBe(1);
    const made = JSON.parse(stdout);
    expect(made).toMatchObject({ kind: "ensemble", combine: "probability", file: "pair.json" });
    expect(made.models).toEqual(["starter", join(place.folder, "second")]);
    expect(made.weights[0] + made.weights[1]).toBeCloseTo(1);
    expect(made.measured).toMatchObject({ images: 104, repeats: 10 });
    expect(made.measured.alone).toHaveLength(2);
    expect(made.failed).toHaveLength(1);

    const classified = await run(
      ...["classify", picture("cat"), "set/cat/broken.jpg", "--labels", CLASSES.join(",")],
      ...["--model", "pair.json", "--json", "--uncertainty"],
    );
    expect(classified.code).toBe(1);
    const { model, results } = JSON.parse(classified.stdout);
    expect(model).toBe("pair");
    expect(results[0].predictions[0].label).toBe("cat");
    expect(results[0].calibrated).toBe("fitted");
    expect(results[0].predictions[0].similarity).toBeLessThanOrEqual(1);
    // Other labels, or other prompts than those of both models together, were not fitted on.
    for (const other of [["cat,dog"], [CLASSES.join(","), "--domain", "generic"]]) {
      const asked = ["classify", picture("cat"), "--model", "pair.json", "--json", "--labels", ...other];
      expect(JSON.parse((await run(...asked)).stdout).results[0].calibrated).toBe("scale");
    }
    expect(results[1].error.code).toMatch(/^image\./);

    const measured = await run("eval", "set", "--model", "starter,pair.json", "--json");
    const cells = JSON.parse(measured.stdout).models as { model: string; images: number }[];
    expect(cells.map((cell) => [cell.model, cell.images])).toEqual([
      ["starter", 104],
      ["pair", 104],
    ]);
    const embedded = await run("embed", "--image", picture("cat"), "--model", "pair.json", "--json");
    expect(JSON.parse(embedded.stdout)).toMatchObject({ model: "pair", dim: 3024 });
  });

  it("a cascade: classify and eval ask the second model where the first is not sure", async () => {
    const fit = ["ensemble", "fit", "set", "--cascade", "--out", "fast.json"];
    const careful = JSON.parse((await run(...fit, "--models", "starter,./second", "--json")).stdout);
    expect(careful.thresholds).toEqual([2]);
    // The vectors of both were in the cache by now.
    expect(careful.measured).toMatchObject({ saved: null, secondsEach: [null, null] });
    expect(careful.measured.expected).toMatchObject({ drop: 0, bound: 0, confidence: 0.9, seen: [1, 1] });
    expect(careful.warnings).toEqual([
      {
        code: "usage.ensemble",
        message: expect.stringMatching(/^With 104 pictures no threshold .* about 363 pictures like these/),
      },
    ]);
    const { stdout } = await run(...fit, "--models", "./second,starter", "--drop", "5");
    expect(stdout).toContain("time saved against starter: not measured (cached)");
    expect(stdout).toMatch(/kept, fitted on all: .* points lost, at most [\d.]+ with confidence 0\.9/);
    const plan = JSON.parse(readFileSync(join(place.folder, "fast.json"), "utf8"));
    expect(plan).toMatchObject({ formatVersion: 1, kind: "cascade" });
    expect(plan.thresholds[0]).toBeLessThan(1);
    const classified = await run("classify", picture("cat"), "-l", "cat,dog", "-m", "fast.json", "--json");
    expect(JSON.parse(classified.stdout).results[0].predictions[0].label).toBe("cat");
    const measured = await run("eval", "set", "--model", "fast.json", "--prompts", "model,retail", "--json");
    expect(JSON.parse(measured.stdout).models).toHaveLength(2);
    for (const what of [
      ["--image", picture("cat")],
      ["--text", "a cat"],
    ]) {
      const embedded = await run("embed", ...what, "--model", "fast.json");
      expect({ code: embedded.code, stdout: embedded.stdout }).toEqual({ code: 2, stdout: "" });
      expect(embedded.stderr).toContain("a cascade classifies");
    }
    const told = (...flags: string[]) =>
      place.run(["models", "info", "fast.json", ...flags], { cwd: place.folder });
    const info = await told();
    expect(info.stderr).toBe("");
    expect(info.stdout).toMatch(
      /^file +fast\.json\nkind +cascade\nmodel 1 .*: answers from probability 0\.\d{3} on.*\nmodel 2 +starter: answers the rest/m,
    );
    expect(JSON.parse((await told("--json")).stdout)).toMatchObject({
      file: "fast.json",
      kind: "cascade",
      thresholds: plan.thresholds,
    });
  });

  it.each([
    [["--models", "starter", "--out", "a.json"], "two or more different models"],
    [["--models", "starter,starter", "--out", "a.json"], "two or more different models"],
    [["--models", "starter,./second", "--out", "a.txt"], "ends in .json"],
    [["--models", "starter,./second", "--out", "a.json", "--weights", "1,none"], "finite weights"],
    [
      ["--models", "starter,./second", "--out", "a.json", "--drop", "1"],
      "--drop or --confidence with --cascade",
    ],
    [
      ["--models", "starter,./second", "--out", "a.json", "--confidence", "0.8"],
      "--confidence with --cascade",
    ],
    [["--models", "starter,./second", "--out", "a.json", "--cascade", "--confidence", "1"], "0.999"],
    [["--models", "starter,./second", "--out", "a.json", "--cascade", "--weights", "1,1"], "--drop or"],
  ])("%j is refused", async (args, words) => {
    const { code, stderr } = await run("ensemble", "fit", "set", ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe("views", { timeout: 120_000 }, () => {
  it.each(["multi-scale", "tiles"])("classify, embed and eval take %s", async (views) => {
    const asked = ["--views", views];
    const classified = await run("classify", picture("cat"), "-l", "cat,dog", "--json", ...asked);
    expect(JSON.parse(classified.stdout).results[0].predictions[0].label).toBe("cat");
    const embedded = await run("embed", "--image", picture("cat"), "--json", ...asked);
    const plain = await run("embed", "--image", picture("cat"), "--json");
    expect(embedded.stdout).not.toBe(plain.stdout);
  });

  it("the best view alone answers where that is asked for", async () => {
    const best = ["--views", "five", "--view-mode", "best", "--json"];
    const { stdout } = await run("classify", picture("cat"), "-l", "cat,dog", ...best);
    const mean = await run("classify", picture("cat"), "-l", "cat,dog", "--views", "five", "--json");
    const similarity = (text: string): number => JSON.parse(text).results[0].predictions[0].similarity;
    expect(similarity(stdout)).toBeGreaterThanOrEqual(similarity(mean.stdout) - 0.02);
    expect(stdout).not.toBe(mean.stdout);
  });
});
