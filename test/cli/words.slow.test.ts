import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { imageOptions } from "../../src/image/options.js";
import { PICTURES, STACK, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());
const run = (...args: string[]) => place.run(args, { env: { ZEROCLIP_OFFLINE: "1" } });
const picture = (name: string): string => join(PICTURES, `${name}.jpg`);
const CAT = picture("cat");

/** A folder of classes: pictures by class; a class without one is an empty folder. */
function classes(name: string, content: Readonly<Record<string, readonly string[]>>): string {
  const folder = join(place.folder, name);
  for (const [id, pictures] of Object.entries(content)) {
    mkdirSync(join(folder, id), { recursive: true });
    for (const file of pictures) copyFileSync(picture(file), join(folder, id, `${file}.jpg`));
  }
  return folder;
}

describe("what was typed wrongly is told before a model is opened, exit code 2", () => {
  const labels = ["--labels", "a,b"];
  const pair = classes("pair", { cat: ["cat"], coffee: ["coffee"] });
  it.each<[string[], RegExp]>([
    [["classify", "nowhere", ...labels], /Expected a picture or folder at nowhere but nothing is there\. /],
    [["classify", "nowhere/", ...labels], /at nowhere\/ but nothing is there\. /],
    [
      ["classify", "nowhere/*.jpg", ...labels],
      /Expected pictures for nowhere\/\*\.jpg but nothing matches\. /,
    ],
    [
      ["classify", CAT, "--labels-file", "no.txt"],
      /a file of labels at no\.txt but there is no such file\. /,
    ],
    [["embed", "--image", "nowhere"], /at nowhere but nothing is there\. /],
    [["eval", "nowhere"], /one folder a class at nowhere but there is no such folder\. /],
    [["eval", CAT], /cat\.jpg but it is a file\. /],
    [
      ["eval", "nowhere", "--captions", "c.txt"],
      /pictures of the captions at nowhere but there is no such folder/,
    ],
    [["eval", PICTURES, "--captions", "c.txt"], /a text file at c\.txt but there is no such file\. /],
    [["eval", pair, "--names", "no.json"], /a JSON file of names at no\.json but there is no such file\. /],
    [["classify", CAT, "--labels-file", CAT], /UTF-8, or in UTF-16 with its mark, at .*cat\.jpg but line 1/],
    [["classify", CAT, ...labels, "--per-label"], /--coverage with --per-label/],
    [["classify", CAT, ...labels, "--abstain-by", "energy"], /--abstain with --abstain-by/],
    [["eval", pair, "--split", "test"], /a folder test in .*pair for that split/],
    [["eval", pair, "--report", pair], /a file for the report but .*pair is a folder/],
    [
      ["ensemble", "fit", pair, "--models", "starter,pair.json", "--out", "o.json"],
      /single models for --models but pair\.json is the file of an ensemble/,
    ],
  ])("%j", async (args, sentence) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("a picture that is not there is an item that failed, named once", async () => {
    const { code, stderr } = await run("classify", "none.jpg", CAT, ...labels);
    expect(code).toBe(1);
    expect(stderr).toBe("error: Expected a picture at none.jpg but there is no such file. (input.file)\n");
  });
});

describe("eval", () => {
  it("goes on without classes that have no picture, and says so", async () => {
    const folder = classes("some", { cat: ["cat"], coffee: ["coffee"], dog: [] });
    const { code, stdout, stderr } = await run("eval", folder, "--json");
    expect(code).toBe(0);
    const message = "The class folder dog has no picture and is left out.";
    expect(stderr).toBe(`warning: ${message}\n`);
    const { models, warnings } = JSON.parse(stdout);
    expect(models).toMatchObject([{ images: 2, classes: 2 }]);
    expect(warnings).toEqual([{ code: "evaluate.empty-class", message }]);
  });

  it("gives no figures where no picture can be read, but the reason", async () => {
    const folder = classes("bad", { cat: [], dog: [] });
    for (const name of ["cat", "dog"]) writeFileSync(join(folder, name, "0.jpg"), "no picture");
    const { code, stdout, stderr } = await run("eval", folder, "--json");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(
      /pictures of bad that can be read but .*0\.jpg and 1 more can't be read: Expected JPEG/,
    );
  });

  it("ends where no class has a picture", async () => {
    const { code, stderr } = await run("eval", classes("none", { a: [], b: [] }), "--quiet");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: Expected at least two classes .* found 0 with pictures, of 2 folders\. /);
  });

  it("says what a label set expects and how to map, guesses only what is near, and maps", async () => {
    const folder = classes("mapped", { cat: ["cat"], "espresso-cup": ["coffee"] });
    const far = await run("eval", folder, "--label-set", "imagenet-1k");
    expect(far.code).toBe(2);
    expect(far.stderr).toMatch(
      /imagenet-1k \(tench, .* and 990 more\) but found "cat", "espresso-cup"\. A file with \{"cat":.*--names/,
    );
    const near = await run(
      "eval",
      classes("near", { airplan: ["cat"], ship: ["coffee"] }),
      "--label-set",
      "cifar10",
    );
    expect(near.stderr).toMatch(
      /but found "airplan"\. Did you mean airplane\? A file with \{"airplan":"airplane"\}/,
    );
    const names = join(place.folder, "names.json");
    writeFileSync(names, JSON.stringify({ cat: "tabby cat", "espresso-cup": "espresso" }));
    const mapped = await run("eval", folder, "--label-set", "imagenet-1k", "--names", names, "--json");
    expect(mapped.stderr).toBe("");
    expect(JSON.parse(mapped.stdout).models).toMatchObject([{ images: 2, classes: 2 }]);
  });

  it.each([
    ["[1]", /JSON object such as/],
    ['{"a": 1}', /a label in words for every folder/],
    ["{", /can't be parsed/],
  ])("refuses %s as names", async (text, sentence) => {
    const names = join(place.folder, "bad.json");
    writeFileSync(names, text);
    const { code, stderr } = await run("eval", classes("pair", {}), "--names", names);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});

describe("warnings in JSON", () => {
  const script = [{ code: "text.unknown-script", message: expect.stringContaining('"кошка"') }];

  it("classify", async () => {
    const { stdout, stderr } = await run("classify", CAT, "-l", "cat,кошка", "--json", "--quiet");
    expect(stderr).toBe("");
    const answer = JSON.parse(stdout);
    expect(Object.keys(answer)).toEqual(["model", "results", "warnings"]);
    expect(answer.warnings).toEqual(script);
  });

  it("embed, on stdout and beside a file", async () => {
    const plain = await run("embed", "--text", "кошка", "--json");
    expect(JSON.parse(plain.stdout)).toMatchObject({ results: [{ text: "кошка" }], warnings: script });
    const out = join(place.folder, "v.npy");
    const filed = await run("embed", "--text", "кошка", "--out", out, "--json");
    expect(JSON.parse(filed.stdout)).toMatchObject({ vectors: 1, failed: 0, warnings: script });
  });

  it("eval, with the model's name", async () => {
    const folder = classes("script", { кошка: ["cat"], coffee: ["coffee"] });
    const { stdout } = await run("eval", folder, "--json");
    expect(JSON.parse(stdout).warnings).toEqual([{ ...script[0], model: "starter" }]);
  });
});

describe("models", () => {
  it("info of one that is not here says what the registry knows", async () => {
    const { code, stdout, stderr } = await run("models", "info", "vit-b-32", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      name: "ViT-B/32",
      state: "not downloaded",
      bytes: 353_976_522,
      sha256: "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
      parameters: { image: 87_849_216, text: 63_428_097 },
      imagenetTop1: 0.6332,
      license: "MIT",
    });
    expect((await run("models", "info", "RN50")).stdout).toMatch(
      /not downloaded: zeroclip models pull RN50\n/,
    );
  });

  it("info tells the licence, or that none is stated", async () => {
    expect(JSON.parse((await run("models", "info", "starter", "--json")).stdout).license).toBe("Apache-2.0");
    const tiny = join(import.meta.dirname, "../golden/checkpoint/tiny-vit.openai.pt");
    expect((await run("models", "info", tiny)).stdout).toMatch(/^licence +not stated$/m);
  });

  it("list has exact sizes of what is not here", async () => {
    const { models } = JSON.parse((await run("models", "list", "--json")).stdout);
    expect(models).toContainEqual(expect.objectContaining({ name: "RN50", bytes: 255_827_503 }));
  });

  it("verify hashes the starter's files, which are those of checksums.json", async () => {
    const folder = join(import.meta.dirname, "../../starter");
    const made = readdirSync(folder).filter((name) => !/\.md$|^checksums/.test(name));
    const sums = made.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]);
    const stated = JSON.parse(readFileSync(join(folder, "checksums.json"), "utf8"));
    expect(stated).toEqual(Object.fromEntries(sums));
    const { code, stdout } = await run("models", "verify", "starter", "--json");
    expect(code).toBe(0);
    const checks = made.map((name) => ({ model: "starter", path: join(folder, name), ok: true }));
    expect(JSON.parse(stdout).checks).toEqual(expect.arrayContaining(checks));
  });

  it("verify finds a changed and a missing file of a folder with checksums", async () => {
    const folder = join(place.folder, "own");
    cpSync(join(import.meta.dirname, "../../starter/checksums.json"), join(folder, "checksums.json"));
    writeFileSync(join(folder, "zeroclip.json"), "{}");
    const { code, stdout } = await run("models", "verify", "./own");
    expect(code).toBe(1);
    expect(stdout.trimEnd().split("\n")).toEqual(
      Object.keys(JSON.parse(readFileSync(join(folder, "checksums.json"), "utf8"))).map((name) =>
        expect.stringMatching(new RegExp(`^DAMAGED .*${name.replace(".", "\\.")}$`)),
      ),
    );
  });
});

describe("stderr", () => {
  it("has one sentence and nothing of ONNX Runtime's where a device is not there", async () => {
    const { code, stderr } = await run("classify", CAT, "-l", "a,b", "--device", "cuda");
    // Where CUDA is there, it is used.
    if (code === 0) return;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: Expected a device that is there \(cpu\) but received "cuda".*\n$/);
    expect(stderr).not.toMatch(STACK);
  });

  it("says what a file is that is no picture", async () => {
    writeFileSync(join(place.folder, "words.jpg"), "<!DOCTYPE html>\n<title>Not found</title>");
    writeFileSync(join(place.folder, "empty.jpg"), "");
    const { code, stderr } = await run("classify", "words.jpg", "empty.jpg", "-l", "a,b");
    expect(code).toBe(1);
    expect(stderr).toBe(
      [
        'error: words.jpg: Expected JPEG, PNG, WebP, GIF, TIFF, AVIF or DICOM but the data is text ("<!DOCTYPE html> <title>Not fou…"). (image.format)\n',
        "error: empty.jpg: Expected a picture but it is empty (0 bytes). (image.empty)\n",
      ].join(""),
    );
  });
});

describe("help", () => {
  it("tells the defaults, which are the library's", async () => {
    const { stdout } = await run("classify", "--help");
    const words = stdout.replaceAll(/\s+/g, " ");
    const { exif, alpha, resize, maxPixels } = imageOptions();
    for (const [option, value] of Object.entries({
      "--device": "auto",
      "--rules": "auto",
      "--batch": "8",
      "--views": "center",
      "--exif": exif,
      "--alpha": alpha,
      "--resize": resize,
      "--max-pixels": String(maxPixels),
    })) {
      expect(words).toMatch(new RegExp(`${option} <\\w+> [^-]*\\(default: ${value}[),]`));
    }
  });
});
