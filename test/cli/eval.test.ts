import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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
      /^model +pictures +classes +top-1 % +95 % range +top-5 % +per class % +ECE % +pictures\/s +memory$/m,
    );
    expect(stdout).toMatch(/^model +as they are +32 px +64 px +JPEG 5$/m);
    expect(stdout).toMatch(/McNemar's test, Holm's correction/);
    expect(stdout).toMatch(/^class +pictures +starter +tiny1/m);
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
  ])("%j is told before anything is measured", async (args, message) => {
    const { code, stdout, stderr } = await run("eval", folder, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(STACK);
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

describe("eval that is killed", () => {
  it("goes on where it was", async () => {
    const folder = folderOf("many", 8);
    const [a, b] = await checkpoints;
    const args = ["eval", folder, "--model", `starter,${a},${b}`, "--batch", "4", "--json"];
    const child = place.start(args, { env: { ZEROCLIP_OFFLINE: "1" } });
    const runs = join(root, "home", "eval");
    const vectors = (): number => {
      const [own] = existsSync(runs) ? readdirSync(runs) : [];
      const at = own ? join(runs, own, "vectors") : "";
      return own && existsSync(at)
        ? readdirSync(at).reduce((sum, name) => sum + readFileSync(join(at, name)).length, 0)
        : 0;
    };
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
