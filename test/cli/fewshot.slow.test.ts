import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const run = (...args: string[]) => place.run(args);

/** Parts of a picture, as a class folder. */
async function parts(name: string, label: string, offsets: readonly number[]): Promise<void> {
  const picture = sharp(join(PICTURES, `${name}.jpg`));
  const { width, height } = await picture.metadata();
  mkdirSync(join(place.folder, "shelf", label), { recursive: true });
  for (const offset of offsets) {
    const area = { left: offset, top: offset, width: width - 20, height: height - 20 };
    await picture
      .clone()
      .extract(area)
      .jpeg()
      .toFile(join(place.folder, "shelf", label, `${offset}.jpg`));
  }
}

beforeAll(async () => {
  // Names that say nothing of what is seen.
  await parts("cat", "model x1", [0, 6, 12]);
  await parts("rocket", "model x2", [0, 6, 12]);
  mkdirSync(join(place.folder, "folder.safetensors"));
  writeFileSync(join(place.folder, "goods.txt"), "model x1\nmodel x2\na cup of coffee\n");
});

describe("zeroclip fewshot", () => {
  it("fits a file, which classify and eval answer by; more come, some go", async () => {
    const made = await run(
      "fewshot",
      "fit",
      "shelf",
      "--method",
      "linear-probe",
      "--out",
      "shelf.safetensors",
    );
    expect({ code: made.code, stderr: made.stderr }).toEqual({
      code: 0,
      stderr: "kept in shelf.safetensors; use it: zeroclip classify … --adapter shelf.safetensors\n",
    });
    expect(made.stdout).toMatch(
      /^model +starter \(\w+\)\nlabels +2\npictures +6, 3 a label\nmethod +linear-probe, steps \d+\n/,
    );

    const cat = join(PICTURES, "cat.jpg");
    const answer = await run("classify", cat, "--adapter", "shelf.safetensors", "--json");
    expect(JSON.parse(answer.stdout).results[0].predictions[0]).toMatchObject({ label: "model x1" });
    const evaluated = await run("eval", "shelf", "--adapter", "shelf.safetensors", "--json");
    expect(JSON.parse(evaluated.stdout)).toMatchObject({
      models: [{ images: 6, top1: 1 }],
      adapter: "shelf.safetensors",
    });
    const shown = await run("eval", "shelf", "--adapter", "shelf.safetensors", "--report", "shelf.html");
    expect(shown.stdout).toContain("\nanswered by the adapter shelf.safetensors\n");
    expect(readFileSync(join(place.folder, "shelf.html"), "utf8")).toContain('"adapter":"shelf.safetensors"');

    mkdirSync(join(place.folder, "new", "mug"), { recursive: true });
    await sharp(join(PICTURES, "coffee.jpg")).toFile(join(place.folder, "new", "mug", "1.jpg"));
    const added = await run("fewshot", "add", "shelf.safetensors", "new/mug", "--label", "mug", "--json");
    expect(added.code).toBe(0);
    expect(JSON.parse(added.stdout)).toMatchObject({
      pictures: 7,
      labels: [{}, {}, { label: "mug", pictures: 1 }],
    });
    const mug = await run(
      "classify",
      join(PICTURES, "coffee.jpg"),
      "--adapter",
      "shelf.safetensors",
      "--json",
    );
    expect(JSON.parse(mug.stdout).results[0].predictions[0]).toMatchObject({ label: "mug" });
    const removed = await run("fewshot", "remove", "shelf.safetensors", "mug");
    expect(removed.stdout).toMatch(/\nlabels +2\npictures +6, /);
    const info = await run("fewshot", "info", "shelf.safetensors", "--json");
    expect(JSON.parse(info.stdout)).toMatchObject({ method: "linear-probe", head: "linear", pictures: 6 });
  });

  it("labels without pictures stay, known by their words", async () => {
    const made = await run(
      ...["fewshot", "fit", "shelf", "--labels-file", "goods.txt", "--all-labels"],
      ...["--method", "prototypes", "--out", "goods.safetensors", "--json"],
    );
    expect(JSON.parse(made.stdout)).toMatchObject({
      labels: [{ pictures: 3 }, { pictures: 3 }, { label: "a cup of coffee", pictures: 0 }],
    });
    const answer = await run(
      "classify",
      join(PICTURES, "coffee.jpg"),
      "--adapter",
      "goods.safetensors",
      "--json",
    );
    expect(JSON.parse(answer.stdout).results[0].predictions[0]).toMatchObject({ label: "a cup of coffee" });
  });

  it("fitting that is ended leaves what was there; run again it gives the same bytes", async () => {
    const args = ["fewshot", "fit", "shelf", "--out", "kept.safetensors", "--cache-images"];
    const file = join(place.folder, "kept.safetensors");
    expect((await run(...args, "--method", "linear-probe")).code).toBe(0);
    const before = readFileSync(file);
    const child = place.start([...args, "--method", "clip-adapter", "--progress"]);
    let said = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const ended = once(child, "exit");
    await expect.poll(() => said).toContain("training clip-adapter");
    child.kill("SIGINT");
    expect((await ended)[0]).toBe(130);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(place.folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
    expect((await run(...args, "--method", "linear-probe")).code).toBe(0);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("pictures without labels teach; others are suggested for labels", async () => {
    mkdirSync(join(place.folder, "heap"), { recursive: true });
    for (const name of ["cat", "rocket", "coffee", "astronaut"])
      await sharp(join(PICTURES, `${name}.jpg`)).toFile(join(place.folder, "heap", `${name}.jpg`));
    const made = await run(
      ...["fewshot", "fit", "--unlabelled", "heap", "--labels-file", "goods.txt"],
      ...["--method", "prior-matching", "--out", "heap.safetensors"],
    );
    expect(made.stdout).toMatch(/\npictures +4 without a label\nmethod +prior-matching$/m);
    const info = await run("fewshot", "info", "heap.safetensors", "--json");
    expect(JSON.parse(info.stdout)).toMatchObject({ pictures: 0, unlabelled: 4, heldOut: [] });
    const both = await run(
      ...["fewshot", "fit", "shelf", "--unlabelled", "heap", "--method", "transductive"],
      ...["--out", "both.safetensors", "--json"],
    );
    expect(JSON.parse(both.stdout)).toMatchObject({ pictures: 6, unlabelled: 4, method: "transductive" });

    const next = await run(
      "fewshot",
      "suggest",
      "heap",
      "--adapter",
      "both.safetensors",
      "--count",
      "2",
      "--json",
    );
    const { suggestions } = JSON.parse(next.stdout);
    expect(suggestions).toHaveLength(2);
    // Parts of the cat and the rocket have labels: the other two are news.
    expect(suggestions.map(({ image }: { image: string }) => image).sort()).toEqual([
      join("heap", "astronaut.jpg"),
      join("heap", "coffee.jpg"),
    ]);
    const table = await run("fewshot", "suggest", "heap", "--labels", "a cat,a rocket", "--count", "3");
    expect(table.stdout).toMatch(/^picture +it seems to be +% +unsure +different\n/);
    expect(table.stdout.trim().split("\n")).toHaveLength(4);
  });

  it("pictures count once, and with one a label nothing is measured", async () => {
    const fit = ["fewshot", "fit", "shelf", "--cache-images", "--out", "once.safetensors"];
    const one = await run(...fit, "--shots", "1");
    expect(one.stdout).toMatch(
      /\npictures +2, 1 a label\nmethod +zero-shot\n\nNothing could be held out, .*: no label has two pictures\.\n$/,
    );
    expect((await run(...fit, "--method", "prototypes")).code).toBe(0);
    const before = readFileSync(join(place.folder, "once.safetensors"));
    const add = (path: string, ...more: string[]) =>
      run("fewshot", "add", "once.safetensors", path, "--cache-images", ...more);
    const again = await add("shelf", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      pictures: 6,
      warnings: [{ code: "fewshot.twice", message: "6 pictures were there already: each counts once." }],
    });
    const other = await add(join("shelf", "model x1"), "--label", "mug");
    expect(other.stderr).toMatch(
      /of "mug" is there already under "model x1" \(and 2 more such\): it is left out and counts for "model x1" alone\./,
    );
    expect(readFileSync(join(place.folder, "once.safetensors")).equals(before)).toBe(true);
    const flat = await add(join("shelf", "model x1"));
    expect({ code: flat.code, stderr: flat.stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--label names the label of pictures that are all of one"),
    });
    const wrong = await run("fewshot", "remove", "once.safetensors", "nosuch");
    expect(wrong.code).toBe(2);
    const next = await run("fewshot", "suggest", "shelf", "--adapter", "once.safetensors", "--json");
    expect(JSON.parse(next.stdout)).toEqual({
      suggestions: [],
      warnings: [
        {
          code: "fewshot.twice",
          message: "6 pictures have a label in the adapter already and are left out.",
        },
      ],
    });
  });

  it("two that add at once lose nothing, and leave no lock", async () => {
    await run("fewshot", "fit", "shelf", "--method", "prototypes", "--out", "both.safetensors");
    const coffee = join(PICTURES, "coffee.jpg");
    const astronaut = join(PICTURES, "astronaut.jpg");
    const [one, other] = await Promise.all([
      run("fewshot", "add", "both.safetensors", coffee, "--label", "cup"),
      run("fewshot", "add", "both.safetensors", astronaut, "--label", "person"),
    ]);
    expect([one.code, other.code]).toEqual([0, 0]);
    const { stdout } = await run("fewshot", "info", "both.safetensors", "--json");
    const { labels } = JSON.parse(stdout) as { labels: { label: string }[] };
    expect(labels.map(({ label }) => label).toSorted()).toEqual(["cup", "model x1", "model x2", "person"]);
    expect(readdirSync(place.folder).filter((name) => name.includes(".lock"))).toEqual([]);
    const again = await run("fewshot", "add", "both.safetensors", coffee, "--label", "mug");
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/is there already under "cup"/);
  });

  it("says which labels an adapter has not; one adapter, and its own labels", async () => {
    const cat = join(PICTURES, "cat.jpg");
    const asked = await run(
      "classify",
      cat,
      "--adapter",
      "both.safetensors",
      "--labels",
      "Model X1,person,sea",
    );
    expect(asked.code).toBe(0);
    expect(asked.stderr).toMatch(
      /The adapter has no "Model X1" \(it has "model x1"\), "sea": answered by words alone\./,
    );
    const twice = await run(
      "classify",
      cat,
      "--adapter",
      "both.safetensors",
      "--adapter",
      "both.safetensors",
    );
    expect(twice.code).toBe(2);
    expect(twice.stderr).toMatch(/Expected one adapter but received two/);
    const both = await run("fewshot", "suggest", cat, "--adapter", "both.safetensors", "--labels", "a,b");
    expect(both.code).toBe(2);
    expect(both.stderr).toMatch(/usage\.labels/);
  });

  it("a curve says how much each number of pictures brings", async () => {
    const { code, stdout, stderr } = await run(
      ...["fewshot", "curve", "shelf", "--test", "shelf", "--methods", "prototypes,tip-adapter"],
      ...["--counts", "1,3,8", "--seeds", "2"],
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/6 of 6 pictures of --test are among those to learn from/);
    expect(stderr).toMatch(/No label has more than 3 pictures to learn from: 8 counts as 3\./);
    expect(stdout).toMatch(/^method +pictures a label .*\nzero-shot +0 /);
    expect(stdout.trim().split("\n")).toHaveLength(6);
  });

  it.each([
    [["fit", "shelf"], 2, /required option '-o, --out <file>' not specified/],
    [["fit", "shelf", "--out", "a.json"], 2, /ends in \.safetensors for --out but received a\.json/],
    [["fit", "nowhere", "--out", "a.safetensors"], 2, /nowhere/],
    [
      ["fit", "--out", "a.safetensors"],
      2,
      /labelled pictures, or --unlabelled pictures and labels by --labels-file/,
    ],
    [
      ["fit", "--unlabelled", "shelf", "--labels-file", "goods.txt", "--out", "a.safetensors"],
      2,
      /--method prior-matching or transductive where no picture has a label but received auto/,
    ],
    [
      ["fit", "shelf", "--method", "transductive", "--out", "a.safetensors"],
      2,
      /pictures without labels \(--unlabelled\) for transductive/,
    ],
    [["fit", "shelf", "--out", "/proc/nope/a.safetensors"], 2, /its folder can't be made\. \(usage\.out\)/],
    [["fit", "shelf", "--out", "folder.safetensors"], 2, /folder\.safetensors is a folder\. \(usage\.out\)/],
    [["fit", "shelf", "--split", "", "--out", "a.safetensors"], 2, /name of a split but received ""/],
    [["suggest", "shelf"], 2, /--adapter, --labels, --labels-file or --label-set but received none/],
    [["info", ""], 2, /at "" but nothing is there/],
    [["info", "shelf"], 2, /a folder, or no file, is there/],
    [["info", "nowhere.safetensors"], 2, /nothing is there\. \(fewshot\.adapter\)/],
    [
      ["curve", "shelf", "--test", "shelf", "--methods", "magic"],
      2,
      /a method of auto, zero-shot.* but received magic/,
    ],
  ])("%j: one sentence", async (args, code, message) => {
    const found = await run("fewshot", ...args);
    expect(found.code).toBe(code);
    expect(found.stderr).toMatch(message);
  });
});
