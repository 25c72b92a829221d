import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());

const CLASSES = ["astronaut", "cat", "coffee", "rocket"];
const picture = (name: string): string => join(process.cwd(), "test/fixtures/pictures", `${name}.jpg`);

/** A folder a class, the same photo many times: one of five lies in the wrong folder, so that the model is too sure. */
beforeAll(() => {
  for (const [k, name] of CLASSES.entries()) {
    mkdirSync(join(place.folder, "set", name), { recursive: true });
    for (let i = 0; i < 27; i++) {
      const shown = i % 5 === 0 ? CLASSES[(k + 1) % CLASSES.length]! : name;
      copyFileSync(picture(shown), join(place.folder, "set", name, `${i}.jpg`));
    }
  }
});

const run = (...args: string[]) =>
  place.run([...args, "--cache-images"], { cwd: place.folder, env: { ZEROCLIP_OFFLINE: "1" } });

interface Result {
  readonly calibrated: string;
  readonly predictions: readonly { label: string; probability: number }[];
  readonly set?: readonly string[];
  readonly abstained?: boolean;
  readonly entropy?: number;
  readonly margin?: number;
}
async function classify(labels: string, ...more: string[]): Promise<Result> {
  const { stdout, stderr } = await run("classify", picture("cat"), "--labels", labels, "--json", ...more);
  expect(stderr).toBe("");
  return (JSON.parse(stdout) as { results: Result[] }).results[0]!;
}

describe("calibrate", () => {
  it("measures, keeps, and classify uses it: for its own labels all, for mostly the same its scale", async () => {
    const labels = CLASSES.join(",");
    const before = await classify(labels);
    expect(before.calibrated).toBe("default");
    const dry = await run("calibrate", "set", "--dry-run", "--json");
    expect(JSON.parse(dry.stdout)).not.toHaveProperty("file");
    expect((await classify(labels)).calibrated).toBe("default");

    const { code, stdout } = await run("calibrate", "set", "--out-of-set", "set/cat", "--json");
    expect(code).toBe(0);
    const made = JSON.parse(stdout);
    expect(made).toMatchObject({ model: "starter", images: 108, labels: CLASSES, views: "center" });
    expect(made.heldOut.after.ece).toBeLessThan(made.heldOut.before.ece);
    expect(made.conformal).toEqual({ score: "lac", images: 108 });
    expect(made.outOfSet.images).toBe(27);
    expect(made.file).toMatch(/calibration/);

    const after = await classify(labels, "--coverage", "0.75", "--abstain", "auto", "--uncertainty");
    expect(after.calibrated).toBe("fitted");
    expect(after.predictions[0]!.label).toBe("cat");
    expect(after.predictions[0]!.probability).toBeLessThan(before.predictions[0]!.probability);
    expect(after.set).toEqual(["cat"]);
    expect(after.abstained).toBe(false);
    expect(after.entropy).toBeGreaterThan(0);
    expect(after.margin).toBeGreaterThan(0);
    const fewer = await classify(CLASSES.slice(1).join(","));
    expect(fewer.calibrated).toBe("scale");
    expect((await classify("cat,dog")).calibrated).toBe("default");
    expect((await classify(labels, "--no-calibration")).calibrated).toBe("none");

    const removed = await run("calibrate", "--remove", "--json");
    expect(JSON.parse(removed.stdout)).toEqual({ model: "starter", removed: 1 });
    expect((await classify(labels)).calibrated).toBe("default");
  });

  it("a damaged calibration is told of and left out", async () => {
    const { stdout } = await run("calibrate", "set", "--json");
    const { file } = JSON.parse(stdout) as { file: string };
    writeFileSync(file, "{");
    const { code, stderr } = await run("classify", picture("cat"), "--labels", "cat,dog");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: Expected JSON in the calibration /);
    await run("calibrate", "--remove");
  });

  it("says none of these where nothing is like a label", async () => {
    const { stdout } = await run(
      "classify",
      picture("cat"),
      "--labels",
      "airport,bicycle",
      "--abstain",
      "0.999",
    );
    expect(stdout.split("\t")[1]).toBe("(none of these)");
  });

  it.each<[string, readonly string[], RegExp]>([
    ["no folder", ["calibrate"], /Expected a folder of labelled pictures but received none/],
    ["a folder that is not there", ["calibrate", "nowhere"], /nowhere/],
    ["a split that there is not", ["calibrate", "few", "--split", "validation"], /validation/],
    ["too few pictures", ["calibrate", "few"], /at least 50 labelled pictures .* received 2\./],
    [
      "a coverage without calibration",
      ["classify", picture("cat"), "--labels", "a,b", "--coverage", "0.9"],
      /exactly these labels/,
    ],
    [
      "a coverage of 1",
      ["classify", picture("cat"), "--labels", "a,b", "--coverage", "1"],
      /between 0 and 1|exactly these labels/,
    ],
    [
      "a bound that is no number",
      ["classify", picture("cat"), "--labels", "a,b", "--abstain", "often"],
      /Expected a number or auto/,
    ],
    [
      "auto without calibration",
      ["classify", picture("cat"), "--labels", "a,b", "--abstain", "auto"],
      /exactly these labels/,
    ],
  ])("wrong usage: %s", async (_, args, message) => {
    for (const name of ["cat", "coffee"]) {
      mkdirSync(join(place.folder, "few", name), { recursive: true });
      copyFileSync(picture(name), join(place.folder, "few", name, "1.jpg"));
    }
    const { code, stderr } = await place.run(args, { cwd: place.folder, env: { ZEROCLIP_OFFLINE: "1" } });
    expect({ code, found: message.test(stderr) ? "" : stderr }).toEqual({ code: 2, found: "" });
  });
});
