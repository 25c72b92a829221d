import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { globSync } from "tinyglobby";
import { afterAll, describe, expect, it } from "vitest";
import { type RunOptions, STACK, workplace } from "../support/command.js";

const place = workplace();
const root = place.folder;
afterAll(() => place[Symbol.dispose]());

/** In the repository's folder, so that the fixtures have short names; offline, whatever the machine has. */
const inRepository = ({ env, ...options }: RunOptions): RunOptions => ({
  cwd: process.cwd(),
  env: { ZEROCLIP_OFFLINE: "1", ...env },
  ...options,
});
const run = (args: readonly string[], options: RunOptions = {}) => place.run(args, inRepository(options));
const picture = (name: string): string => join("test/fixtures/pictures", `${name}.jpg`);
const CAT = picture("cat");

interface Answers {
  model: string;
  results: {
    image: string;
    predictions: { label: string; probability: number; similarity: number }[];
    error?: { code: string; message: string };
  }[];
}

describe("classify", () => {
  it("answers cat for the cat, in the JSON of the contract", async () => {
    const { code, stdout, stderr } = await run(["classify", CAT, "--labels", "dog,cat,rocket", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { model, results } = JSON.parse(stdout) as Answers;
    expect(model).toBe("starter");
    expect(Object.keys(results[0]!)).toEqual(["image", "predictions", "calibrated"]);
    expect(results[0]!.image).toBe(CAT);
    expect(results[0]!.predictions.map(({ label }) => label)[0]).toBe("cat");
    expect(results[0]!.predictions).toHaveLength(3);
    const sum = results[0]!.predictions.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeCloseTo(1, 6);
  });

  it("is plain in a pipe: picture, label, probability, similarity; --top cuts", async () => {
    const { code, stdout } = await run(["classify", CAT, "--label-set", "everyday", "--top", "2"]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^test\/fixtures\/pictures\/cat\.jpg\tcat\t[01]\.\d{6}\t-?[01]\.\d{6}$/);
  });

  it("reads stdin, and warns of words that the starter can't know", async () => {
    const { code, stdout, stderr } = await run(["classify", "-", "--labels", "cat,кошка", "--json"], {
      stdin: readFileSync(CAT),
    });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Answers).results[0]!.image).toBe("-");
    expect(stderr).toMatch(/^warning: .*кошка.*Cyrillic.*Latin/);
  });

  it("stops at Ctrl-C, says how far it came, exit code 130", async () => {
    // A command line of 90 kB: ONNX Runtime's telemetry would overflow the stack on it.
    const many = Array.from({ length: 3000 }, () => CAT);
    const child = place.start(["classify", ...many, "--labels", "cat,dog"], inRepository({}));
    let [stdout, stderr] = ["", ""];
    child.stdout!.once("data", () => child.kill("SIGINT"));
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, "close");
    expect(code).toBe(130);
    const pictures = stdout.trimEnd().split("\n").length / 2;
    expect(stderr.trim()).toBe(`Stopped after ${pictures} of 3000 pictures.`);
  });

  it("ends quietly when its reader has gone", () => {
    const command = `node dist/cli/main.js classify ${`${CAT} `.repeat(300)} --labels cat,dog | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const env = { ...process.env, ZEROCLIP_HOME: join(root, "home") };
    const output = execFileSync("bash", ["-c", `{ ${command}; } 2>&1`], { env, encoding: "utf8" });
    expect(output.trimEnd().split("\n")).toEqual([expect.stringMatching(/\tcat\t/), "0"]);
  });
});

describe("embed", () => {
  it("writes vectors whole, with an index of rows and errors", async () => {
    const out = join(root, "v.npy");
    const { code, stdout, stderr } = await run([
      "embed",
      "--image",
      CAT,
      "none.jpg",
      picture("coffee"),
      "--out",
      out,
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/none\.jpg/);
    const data = readFileSync(out);
    const index = JSON.parse(readFileSync(`${out}.json`, "utf8"));
    expect(index.rows).toEqual([{ image: CAT }, { image: picture("coffee") }]);
    expect(index.errors).toMatchObject([{ image: "none.jpg", error: { code: "input.file" } }]);
    expect(data).toHaveLength(128 + 2 * index.dim * 4);
  });

  it("prints texts as JSON: model, dim, results of unit length", async () => {
    const { code, stdout } = await run(["embed", "--text", "a cat", "a dog", "--json"]);
    expect(code).toBe(0);
    const { model, dim, results } = JSON.parse(stdout);
    expect(model).toBe("starter");
    expect(results.map(({ text }: { text: string }) => text)).toEqual(["a cat", "a dog"]);
    for (const { embedding } of results as { embedding: number[] }[]) {
      expect(embedding).toHaveLength(dim);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
    }
  });
});

describe("eval", () => {
  const classes = join(root, "classes");
  for (const name of ["cat", "coffee", "rocket"]) {
    mkdirSync(join(classes, name), { recursive: true });
    copyFileSync(picture(name), join(classes, name, "1.jpg"));
  }

  it("measures several models, in the JSON of the contract", async () => {
    const { code, stdout } = await run(["eval", classes, "--model", "starter,./starter", "--json"]);
    expect(code).toBe(0);
    const { models } = JSON.parse(stdout);
    expect(models).toMatchObject([
      { model: "starter", images: 3, classes: 3, top1: 1, top5: 1 },
      { model: "starter", images: 3, classes: 3, top1: 1, top5: 1 },
    ]);
    expect(Object.keys(models[0]).slice(0, 7)).toEqual([
      "model",
      "images",
      "classes",
      "top1",
      "top5",
      "ece",
      "imagesPerSecond",
    ]);
  });

  it("names folders by a set and chooses among all of it where asked", async () => {
    const folder = join(root, "clothes");
    for (const id of ["longsleeve", "hat"]) {
      mkdirSync(join(folder, id), { recursive: true });
      copyFileSync(picture("cat"), join(folder, id, "1.jpg"));
    }
    const args = ["eval", folder, "--label-set", "clothing-10", "--json"];
    expect(JSON.parse((await run(args)).stdout).models[0].classes).toBe(2);
    const all = JSON.parse((await run([...args, "--all-labels", "--per-class"])).stdout).models[0];
    expect(all.classes).toBe(10);
    expect(all.perClass.map(({ id }: { id: string }) => id)).toEqual(["hat", "longsleeve"]);
    const { code, stderr } = await run(["eval", classes, "--label-set", "cifar10"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cifar10 \(airplane, .*\) but found "coffee", "rocket"\. A file with/);
  });

  it("measures retrieval on the pictures of a list, named with or without ending", async () => {
    const captions = join(root, "captions.txt");
    const lines = [
      "cat.jpg#0 a cat",
      "cat.jpg#1 a small cat",
      "coffee.jpg#0 a cup of coffee",
      "gone.jpg#0 a dog",
    ];
    writeFileSync(captions, `${lines.join("\n")}\n`);
    const list = join(root, "list.txt");
    writeFileSync(list, "cat\ncoffee.jpg\n");
    const args = ["eval", "test/fixtures/pictures", "--captions", captions, "--list", list, "--json"];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    const [figures] = JSON.parse(stdout).models;
    expect(figures).toMatchObject({
      model: "starter",
      images: 2,
      captions: 3,
      textToImage: { r1: 1, r5: 1, r10: 1 },
    });
  });
});

describe("models", () => {
  it("lists the starter and the five variants as counted", async () => {
    const { stdout } = await run(["models", "list", "--json"]);
    const { models } = JSON.parse(stdout) as {
      models: { name: string; parameters: number; state: string }[];
    };
    expect(models.map(({ name }) => name)).toEqual([
      "starter",
      "RN50",
      "RN101",
      "ViT-B/32",
      "ViT-L/14",
      "ViT-L/14@336px",
    ]);
    expect(models.find(({ name }) => name === "RN101")!.parameters).toBe(119_688_033);
  });

  it("shows, verifies and removes what was compiled of a file", async () => {
    const env = { ZEROCLIP_HOME: join(root, "own-home") };
    const file = "test/golden/checkpoint/tiny-vit.openai.pt";
    const { stdout } = await run(["models", "info", file, "--json"], { env });
    const { folder, parameters } = JSON.parse(stdout);
    expect(parameters).toEqual({ image: expect.any(Number), text: expect.any(Number) });
    expect((await run(["models", "verify", file], { env })).code).toBe(0);
    const weights = join(folder, JSON.parse(stdout).image.file);
    writeFileSync(weights, "damaged");
    const verified = await run(["models", "verify", file], { env });
    expect(verified).toMatchObject({ code: 1, stdout: expect.stringContaining("DAMAGED") });
    const removed = await run(["models", "rm", file], { env });
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringMatching(/freed/) });
    expect(existsSync(folder)).toBe(false);
  });

  it("never touches the network offline, and says how to get the file by hand", async () => {
    const { code, stderr } = await run(["classify", CAT, "--labels", "a,b", "--model", "ViT-B/32"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ViT-B-32\.pt.*40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af/);
  });
});

describe("mistakes", () => {
  it.each([
    [["clasify", CAT], /Did you mean classify/],
    [["classify", CAT, "--lables", "a,b"], /Did you mean --labels/],
    [["classify", CAT, "--labels", "a,b", "--model", "ViT-B32"], /Did you mean ViT-B\/32/],
    [["classify", CAT], /Expected --labels, --labels-file or --label-set/],
    [["classify", CAT, "--labels", "a,b", "--top", "0"], /whole number from 1/],
    [["classify", CAT, "--labels", "a,a"], /"a" is label 1 and label 2/],
    [
      ["classify", CAT, "--labels", "a,b", "--template", "no place"],
      /in every prompt template but received "no place"/,
    ],
    [["embed"], /either --image or --text/],
    [["embed", "--text", "a", "--out", "v.txt"], /\.npy or \.jsonl/],
    [["eval", "test/fixtures", "--model", "starter,RN5O"], /Did you mean RN50/],
    [["models", "lst"], /Did you mean list/],
    [["classifi"], /unknown command/],
    [[], /Usage: zeroclip/],
  ])("%j: one sentence on stderr, nothing on stdout, exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(STACK);
  });
});

describe("help", () => {
  it("fits 80 columns and a screen of 60 lines and names every command in a group", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThan(60);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    for (const file of globSync("src/cli/commands/*.ts"))
      expect(stdout).toMatch(new RegExp(`^  ${basename(file, ".ts")} `, "m"));
    // What stands in no group of its own: help.
    expect(stdout).toMatch(/^Commands:\n {2}help .*\n\n/m);
  });

  it.each(["bench", "classify", "embed", "eval", "models", "quantize"])(
    "%s shows examples within 80 columns",
    async (name) => {
      const { code, stdout } = await run([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`Examples:\n  zeroclip ${name}`));
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    },
  );

  it("prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await run(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});
