import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { writeCheckpoint } from "../quantize/checkpoint.js";
import { type Outcome, PICTURES, STACK, workplace } from "../support/command.js";
import { tar } from "../support/tar.js";

const place = workplace();
const root = place.folder;
afterAll(() => place[Symbol.dispose]());

const run = (...args: readonly string[]): Promise<Outcome> =>
  place.run(args, { env: { ZEROCLIP_OFFLINE: "1" } });
/** Where runs that were ended are kept; a test that ends one goes on with it, so that the next finds the folder empty. */
const runs = join(root, "home", "eval");
const vectors = (): number => {
  const [own] = existsSync(runs) ? readdirSync(runs) : [];
  const at = own ? join(runs, own, "vectors") : "";
  return own && existsSync(at)
    ? readdirSync(at).reduce((sum, name) => sum + readFileSync(join(at, name)).length, 0)
    : 0;
};
const picture = (name: string): string => join(PICTURES, `${name}.jpg`);

function folderOf(name: string, copies: number): string {
  for (const label of ["cat", "coffee", "rocket"]) {
    mkdirSync(join(root, name, label), { recursive: true });
    for (let i = 0; i < copies; i++) copyFileSync(picture(label), join(root, name, label, `${i}.jpg`));
  }
  return name;
}

interface Entry {
  readonly model: string;
  readonly set: string;
  readonly images: number;
  readonly classes: number;
  readonly top1: number;
  readonly views: string;
  readonly prompts: string;
  readonly resolution?: number;
  readonly quality?: number;
  readonly measured: string;
}
const entries = ({ stdout }: Outcome): Entry[] => (JSON.parse(stdout) as { models: Entry[] }).models;

const checkpoints = Promise.all(
  [1, 2].map(async (seed) => {
    const name = `tiny${seed}.safetensors`;
    await writeCheckpoint(join(root, name), seed);
    return name;
  }),
);

describe("eval of many", () => {
  const folder = folderOf("photos", 1);

  it("takes folders, lists and archives together, views and prompts one by one, and writes a report", async () => {
    writeFileSync(join(root, "list.csv"), `path,label\n${picture("cat")},cat\n${picture("rocket")},rocket\n`);
    const members = ["cat", "coffee"].flatMap((label) => [
      { name: `${label}.jpg`, data: readFileSync(picture(label)) },
      { name: `${label}.cls`, data: label },
    ]);
    writeFileSync(join(root, "shard.tar"), tar(members));
    const models = `starter,${(await checkpoints).join(",")}`;
    const given = ["eval", folder, "list.csv", "shard.tar", "--model", models];
    const grid = ["--views", "center,flip", "--prompts", "model,generic+retail", "--report", "r.html"];
    const outcome = await run(...given, ...grid, "--json");
    expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({
      code: 0,
      stderr: "The report is in r.html.\n",
    });
    const models_ = entries(outcome);
    expect(models_).toHaveLength(3 * 3 * 2 * 2);
    expect(models_[0]).toMatchObject({
      model: "starter",
      set: "photos",
      images: 3,
      top1: 1,
      views: "center",
      prompts: "model",
    });
    expect([...new Set(models_.map(({ set, images }) => `${set} ${images}`))]).toEqual([
      "photos 3",
      "list.csv 2",
      "shard.tar 2",
    ]);
    const { comparisons } = JSON.parse(outcome.stdout) as { comparisons: { set: string }[] };
    expect(comparisons.filter(({ set }) => set === "photos")).toHaveLength(3 * 4 + 3 * 2 + 3 * 2);
    expect(readFileSync(join(root, "r.html"), "utf8")).toContain("data:image/jpeg;base64,");
    // The command's own folder is gone when all is done.
    expect(readdirSync(join(root, "home", "eval"))).toEqual([]);
  });

  it("tables: ranges, resolutions and qualities, pairs, classes", async () => {
    const [tiny] = await checkpoints;
    const { code, stdout } = await run(
      ...[
        "eval",
        folder,
        "--model",
        `starter,${tiny}`,
        "--resolutions",
        "32,64",
        "--qualities",
        "5",
        "--per-class",
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^model +pictures +classes +top-1 % +95 % range +top-5 % +per class % +ECE % +95 % range +calibrated ECE % +95 % range +pictures\/s +memory$/m,
    );
    expect(stdout).toMatch(/^calibrated: starter: default scale \d+(?:\.\d+)?, measured across sets$/m);
    expect(stdout).not.toMatch(/^calibrated: tiny/m);
    expect(stdout).toMatch(/^model +as they are +32 px +64 px +JPEG 5$/m);
    expect(stdout).toMatch(/McNemar's test, Holm's correction/);
    expect(stdout).toMatch(/^class +pictures +starter +tiny1/m);
  });

  it("the report is there before a reader that goes away ends the command, and one that can't be written costs no figures", async () => {
    const [tiny] = await checkpoints;
    const asked = ["eval", folder, "--model", tiny!, "--report"];
    const child = place.start([...asked, "gone.html"], { env: { ZEROCLIP_OFFLINE: "1" } });
    child.stdout!.destroy();
    await new Promise((done) => child.once("close", done));
    expect(readFileSync(join(root, "gone.html"), "utf8")).toMatch(/^<!doctype html>/);
    // What was measured is kept for whoever asks again.
    expect((await run(...asked, "gone.html")).code).toBe(0);
    // The folder that is made before anything is measured is a file when the report is written: 300 pictures take longer than that.
    const made = join(root, "made");
    rmSync(made, { recursive: true, force: true });
    const more = ["eval", folderOf("more", 100), ...asked.slice(2)];
    const running = run(...more, "made/r.html");
    while (!existsSync(made)) await sleep(5);
    await sleep(50);
    rmSync(made, { recursive: true });
    writeFileSync(made, "");
    const late = await running;
    expect(late.code).toBe(2);
    expect(late.stderr).toMatch(/write the report to made\/r\.html/);
    expect(late.stdout).toMatch(/^tiny1\S* +300 +3 /m);
    const again = await run(...more, "late.html");
    expect(again).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Going on where the run was ended"),
    });
    expect(readdirSync(runs)).toEqual([]);
    const early = await run(...asked, "made/r.html");
    expect(early).toMatchObject({ code: 2, stdout: "" });
    expect(early.stderr).toMatch(/write made\/r\.html but can't: a part of its path is a file\./);
  });

  it("published figures only where asked for, or for that very set, and marked", async () => {
    const [tiny] = await checkpoints;
    const plain = await run("eval", folder, "--model", tiny!, "--json");
    expect(JSON.parse(plain.stdout)).not.toHaveProperty("published");
    const asked = await run("eval", folder, "--model", tiny!, "--published", "pets", "--json");
    expect(JSON.parse(asked.stdout).published).toMatchObject([
      { set: "photos", is: "Pets", note: "published, not measured here", top1: { RN50: 0.8529 } },
    ]);
  });

  it.each([
    [["--views", "centre"], /--views but received "centre"/],
    [["--resolutions", "0"], /whole numbers from 1 to 4096 for --resolutions but received "0"/],
    [["--qualities", "90,x"], /for --qualities but received "x"/],
    [["--prompts", "retial"], /Did you mean retail/],
    [["--prompts", "retail", "--domain", "food"], /either --prompts or/],
    [["--model", "starter@int8", "--precision", "fp32"], /either --precision or/],
    [["--published", "pests"], /Did you mean pets/],
    [["--label-set", "cifar10,everyday"], /one label set/],
    [["--label-set", "cifar10", "--labels-file", "x"], /--label-set or --labels-file but received both/],
    [["--level", "1"], /--label-set or --labels-file with --level/],
    [["--prompt-lang", "zh"], /with --prompt-lang/],
    [["--labels-file", "gone.yaml"], /there is no such file/],
    [["--view-mode", "most"], /average, best for --view-mode but received "most"/],
    [["--captions", "c.txt", "--labels-file", "x"], /either --captions or --labels-file/],
    [["--captions", "c.txt", "--prompts", "retail"], /either --captions or --prompts/],
    [["--captions", "c.txt", "--sum"], /either --captions or --sum/],
    [["--captions", "c.txt", "--adapter", "a.safetensors"], /either --captions or --adapter/],
    [["--sum"], /set with several levels with --sum but the classes have one level/],
    [["--label-set", "retail", "--level", "1", "--sum"], /either --level, .*, or --sum, .* received both/],
  ])("%j is told before anything is measured", async (args, message) => {
    const { code, stdout, stderr } = await run("eval", folder, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(STACK);
  });

  it("gives no speed for vectors of the image cache", async () => {
    const [tiny] = await checkpoints;
    const args = ["eval", folder, "--model", tiny!, "--cache-images"];
    const [first] = JSON.parse((await run(...args, "--json")).stdout).models;
    expect(first.imagesPerSecond).toBeGreaterThan(0);
    const [second] = JSON.parse((await run(...args, "--json")).stdout).models;
    expect(second.imagesPerSecond).toBeNull();
    expect(second.top1).toBe(first.top1);
    // Beside one that is not cached, in a table and a report.
    const both = await run(
      "eval",
      folder,
      "--model",
      `${tiny},starter`,
      "--cache-images",
      "--report",
      "c.html",
    );
    expect(both.stdout).toMatch(/^tiny1\S* .* cached +\d+ MB/m);
    expect(both.stdout).toMatch(/^starter .* \d+\.\d +\d+ MB/m);
    expect(readFileSync(join(root, "c.html"), "utf8")).toMatch(/"imagesPerSecond":null/);
    const plain = await run("eval", folder, "--model", tiny!, "--json");
    expect(JSON.parse(plain.stdout).models[0].imagesPerSecond).toBeGreaterThan(0);
  });

  it("keeps a given folder, and answers from it", async () => {
    const [tiny] = await checkpoints;
    const args = ["eval", folder, "--model", tiny!, "--run", "kept", "--json"];
    const first = entries(await run(...args));
    const again = await run(...args);
    expect(again.stderr).toMatch(/Going on where the run was ended/);
    expect(entries(again)).toEqual(first);
    const fresh = entries(await run(...args, "--fresh"));
    expect(fresh[0]!.measured).not.toBe(first[0]!.measured);
  });
});

describe("eval with a label set", () => {
  const folder = folderOf("things", 1);
  const labels = [
    "labels:",
    "  - { id: animal, name: animal, translations: { zh: 动物 } }",
    "  - { id: thing, name: object }",
    "  - { id: c1, name: tabby cat, aliases: [cat], parent: animal, translations: { zh: 猫 } }",
    "  - { id: coffee, name: cup of coffee, prompts: [a hot drink in a cup], parent: thing }",
    "  - { id: s1, name: space rocket, aliases: [rocket], parent: thing }",
    "  - { id: dog, name: dog, parent: animal }",
  ];
  writeFileSync(join(root, "things.yaml"), labels.join("\n"));
  const asked = ["eval", folder, "--labels-file", "things.yaml"];

  it("finds classes by id and alias, in the set's order, and rolls answers up", async () => {
    const { models } = JSON.parse((await run(...asked, "--per-class", "--json")).stdout);
    expect(models[0]).toMatchObject({ classes: 3, top1: 1, levels: [{ level: 1, labels: 2, top1: 1 }] });
    expect(models[0].perClass.map(({ label }: { label: string }) => label)).toEqual([
      "tabby cat",
      "cup of coffee",
      "space rocket",
    ]);
    expect(models[0].levels[0].perLabel).toMatchObject([
      { id: "animal", images: 1 },
      { id: "thing", images: 2 },
    ]);
    const { stdout } = await run(...asked, "--all-labels", "--lang", "zh", "--per-class");
    expect(stdout).toMatch(/^model +level 1 \(2\) +95 % range +classes$/m);
    expect(stdout).toMatch(/^猫 +1 +100\.00$/m);
    expect(stdout).toMatch(/^动物 +1 +100\.00$/m);
    expect(stdout).toMatch(/top-1 % of each label of level 1/);
  });

  it("adds probabilities up to each level where asked", async () => {
    const { models } = JSON.parse((await run(...asked, "--sum", "--report", "s.html", "--json")).stdout);
    const [level] = models[0].levels;
    for (const kind of ["summed", "calibratedSummed"]) {
      expect(level[kind]).toMatchObject({ top1: 1, interval: { low: 1, high: 1 }, gain: 0, p: 1 });
    }
    expect(models[0]).not.toHaveProperty("summed");
    expect(readFileSync(join(root, "s.html"), "utf8")).toContain('"calibratedSummed":{"top1":1');
    const { stdout } = await run(...asked, "--sum", "--no-calibration");
    expect(stdout).toMatch(/^model +level +probabilities +best class % +sum % +95 % range +difference/m);
    expect(stdout).toMatch(/^starter +1 +own +100\.00 +100\.00 +100\.0–100\.0 +\+0\.00 /m);
    expect(stdout).not.toMatch(/calibrated/);
  });

  it("asks with the labels of a level", async () => {
    const { models } = JSON.parse((await run(...asked, "--level", "1", "--json")).stdout);
    expect(models[0]).toMatchObject({ classes: 2, images: 3 });
    expect(models[0]).not.toHaveProperty("levels");
  });

  it("names in one sentence what the set has not", async () => {
    writeFileSync(join(root, "few.txt"), "cat\nship\n");
    const { code, stderr } = await run("eval", folder, "--labels-file", "few.txt");
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /classes called by ids, names or aliases of few\.txt \(cat, ship\) but found "coffee", "rocket"\./,
    );
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("shows a calibration beside the raw figures, and says which", async () => {
    const [one] = JSON.parse((await run(...asked, "--json")).stdout).models;
    expect(one).toMatchObject({ calibration: { source: "default", method: "temperature" } });
    expect(one.calibratedEce).toBe(one.calibration.ece);
    const [tiny] = await checkpoints;
    const own = [...asked, "--model", tiny!];
    const [plain] = JSON.parse((await run(...own, "--json")).stdout).models;
    expect(plain.calibration).toEqual({ source: "none" });
    expect(plain).not.toHaveProperty("calibratedEce");
    const many = folderOf("more-things", 17);
    const set = ["--labels-file", "things.yaml", "--model", tiny!];
    const made = await run("calibrate", many, ...set, "--method", "temperature", "--json");
    expect(JSON.parse(made.stdout).labels).toEqual(["tabby cat", "cup of coffee", "space rocket"]);
    const [fitted] = JSON.parse((await run(...own, "--json")).stdout).models;
    expect(fitted).toMatchObject({
      ece: plain.ece,
      calibration: {
        ...{ source: "fitted", method: "temperature" },
        fit: { images: 51, labels: "same", prompts: "same", views: "same", pictures: "other" },
      },
    });
    const again = await run("eval", many, ...set, "--all-labels");
    const [other] = JSON.parse((await run("eval", many, ...set, "--all-labels", "--json")).stdout).models;
    expect(other.calibration).toMatchObject({ source: "scale", fit: { labels: "other" } });
    expect(again.stdout).toMatch(
      /^calibrated: tiny1.*: temperature fitted on 51 pictures, .*, of which the scale .* is taken; with other labels; on these very pictures, which flatters it$/m,
    );
    const off = await run("eval", many, ...set, "--no-calibration");
    expect(off.stdout).not.toMatch(/calibrated/);
  }, 120_000);
});

describe("eval of captions", () => {
  const folder = "captioned";
  const words = ["cat", "coffee", "rocket"];
  mkdirSync(join(root, folder));
  const lines = Array.from({ length: 24 }, (_, i) => {
    copyFileSync(picture(words[i % 3]!), join(root, folder, `${i}.jpg`));
    return `${i}.jpg\ta photo of a ${words[i % 3]} number ${i}`;
  });
  writeFileSync(join(root, "captions.txt"), lines.join("\n"));

  it("goes on where it was killed, with ranges, and writes a report", async () => {
    const [a] = await checkpoints;
    const args = ["eval", folder, "--captions", "captions.txt", "--model", `starter,${a}`, "--batch", "4"];
    const child = place.start(args, { env: { ZEROCLIP_OFFLINE: "1" } });
    while (vectors() < 10_000 && child.exitCode === null) await sleep(10);
    child.kill("SIGKILL");
    await new Promise((done) => child.once("close", done));
    const { code, stdout, stderr } = await run(...args, "--report", "words.html");
    expect(code).toBe(0);
    expect(stderr).toMatch(/Going on where the run was ended/);
    expect(stdout).toMatch(/^model +query +queries +R@1 % +95 % range +R@5 % .* pictures\/s +memory$/m);
    expect(stdout).toMatch(/^starter +text → picture +24 /m);
    expect(stdout).toMatch(/^the same queries, two by two \(points of recall; McNemar's test/m);
    expect(stdout).toMatch(/^starter +tiny1\S* +picture → text +R@10 /m);
    expect(readdirSync(runs)).toEqual([]);
    const page = readFileSync(join(root, "words.html"), "utf8");
    expect(page).toContain('"way":"textToImage","recall":"r1"');
    expect(page).toContain('"retrieval":{"name":"captioned","pictures":24,"captions":24');
    expect(page).toContain("data:image/jpeg;base64,");
  }, 180_000);

  it("keeps the contract's fields, with ranges behind them, and compares views", async () => {
    const [tiny] = await checkpoints;
    const given = ["eval", folder, "--captions", "captions.txt", "--model", tiny!];
    const out = JSON.parse((await run(...given, "--views", "center,flip", "--json")).stdout);
    const { models, comparisons } = out;
    expect(models).toHaveLength(2);
    expect(models[0]).not.toHaveProperty("ranks");
    expect(comparisons.map(({ way, recall }: Record<string, string>) => `${way} ${recall}`)).toEqual(
      ["textToImage", "imageToText"].flatMap((way) => ["r1", "r5", "r10"].map((k) => `${way} ${k}`)),
    );
    const [r1] = comparisons;
    expect(r1.difference).toBeCloseTo(models[0].textToImage.r1 - models[1].textToImage.r1, 12);
    expect(r1).toMatchObject({ first: expect.stringMatching(/ · center$/), queries: 24 });
    expect(Object.keys(models[0]).slice(0, 2)).toEqual(["model", "views"]);
    expect(models[1]).toMatchObject({ views: "flip", images: 24, captions: 24 });
    const { textToImage, intervals } = models[0];
    for (const k of ["r1", "r5", "r10"] as const) {
      expect(intervals.textToImage[k].low).toBeLessThanOrEqual(textToImage[k]);
      expect(intervals.textToImage[k].high).toBeGreaterThanOrEqual(textToImage[k]);
    }
  }, 120_000);
});

describe("eval that is killed", () => {
  it("goes on where it was", async () => {
    const folder = folderOf("many", 8);
    const [a, b] = await checkpoints;
    const args = ["eval", folder, "--model", `starter,${a},${b}`, "--batch", "4", "--json"];
    const child = place.start(args, { env: { ZEROCLIP_OFFLINE: "1" } });
    // Some batches of the first model are written: it is in the middle.
    while (vectors() < 10_000 && child.exitCode === null) await sleep(10);
    child.kill("SIGKILL");
    await new Promise((done) => child.once("close", done));
    const before = vectors();
    expect(before).toBeGreaterThanOrEqual(10_000);
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(0);
    expect(stderr).toMatch(/Going on where the run was ended; --fresh begins anew/);
    expect(entries({ code, stdout, stderr }).map(({ images }) => images)).toEqual([24, 24, 24]);
    expect(readdirSync(runs)).toEqual([]);
  }, 180_000);
});
