import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { captionedSet, readCaptions } from "../../src/evaluate/captions.js";
import { evaluateClassification } from "../../src/evaluate/classification.js";
import { readLabelledFolder } from "../../src/evaluate/labelled-folder.js";
import { evaluateRetrieval } from "../../src/evaluate/retrieval.js";
import { letterEncoder } from "../support/letter-encoder.js";

const root = mkdtempSync(join(tmpdir(), "zeroclip-evaluate-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder with these files, all empty unless a text is given. */
function folder(name: string, files: readonly string[], text = ""): string {
  for (const file of files) {
    const path = join(root, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return join(root, name);
}

describe("readLabelledFolder", () => {
  it("takes folders as classes, sorted, underscores as spaces, files beside them ignored", async () => {
    const path = folder("plain", [
      "sea_lion/1.jpg",
      "cat/b.png",
      "cat/deep/a.JPG",
      "notes.txt",
      ".hidden/1.jpg",
    ]);
    expect(await readLabelledFolder(path)).toEqual([
      { id: "cat", label: "cat", images: [join(path, "cat/b.png"), join(path, "cat/deep/a.JPG")] },
      { id: "sea_lion", label: "sea lion", images: [join(path, "sea_lion/1.jpg")] },
    ]);
  });

  it("uses given names, and leaves WordNet ids out where the words are enough", async () => {
    const ids = ["n01440764_tench", "n02012849_crane", "n03126707_crane", "n09999999"];
    const path = folder(
      "ids",
      ids.map((id) => `${id}/1.jpg`),
    );
    const classes = await readLabelledFolder(path, new Map([["n09999999", "hill"]]));
    expect(classes.map(({ label }) => label)).toEqual(["tench", "crane", "n03126707 crane", "hill"]);
  });

  it.each([
    ["one class only", ["a/1.jpg"], /at least two classes .* found 1\.$/],
    ["classes without pictures", ["a/1.txt", "b/1.txt"], /found 0 with pictures, of 2 folders\.$/],
    ["two classes of one label", ["a_b/1.jpg", "a b/1.jpg"], /different label .* "a b"/],
  ])("refuses %s", async (name, files, message) => {
    await expect(readLabelledFolder(folder(name, files))).rejects.toMatchObject({
      code: "evaluate.folder",
      message: expect.stringMatching(message),
    });
  });

  it("leaves out classes without a picture and tells their names", async () => {
    const path = folder("some-empty", ["a/1.jpg", "b/1.txt", "c/1.jpg", "d/.hidden.jpg"]);
    const empty: string[] = [];
    const classes = await readLabelledFolder(path, new Map(), {
      onWarning: ({ message }) => empty.push(message),
    });
    expect(classes.map(({ id }) => id)).toEqual(["a", "c"]);
    expect(empty).toEqual(["b", "d"].map((id) => `The class folder ${id} has no picture and is left out.`));
  });

  it("says that a folder is not there, or is a file", async () => {
    const nowhere = join(root, "nowhere");
    await expect(readLabelledFolder(nowhere)).rejects.toMatchObject({
      code: "evaluate.folder",
      message: `Expected a folder with one folder a class at ${nowhere} but there is no such folder.`,
    });
    const file = join(folder("file", ["1.jpg"]), "1.jpg");
    await expect(readLabelledFolder(file)).rejects.toThrow(/but it is a file\.$/);
  });

  it("stops at the signal", async () => {
    const path = folder("stopped", ["a/1.jpg", "b/1.jpg"]);
    await expect(readLabelledFolder(path, new Map(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("evaluateClassification", () => {
  const classes = [
    { id: "c0", label: "cat", images: ["cat.jpg", "catt.jpg", "00.jpg"] },
    { id: "c1", label: "dog", images: ["dog.jpg", "tac.jpg"] },
    { id: "c2", label: "fish", images: [] },
  ];

  it("counts right answers, speed and failures; classes without pictures are only choices", async () => {
    const result = await evaluateClassification(letterEncoder(), classes);
    expect(result).toMatchObject({ model: "letters", images: 4, classes: 3, top1: 0.75, top5: 1 });
    expect(result.perClass).toEqual([
      { id: "c0", label: "cat", images: 2, top1: 1 },
      { id: "c1", label: "dog", images: 2, top1: 0.5 },
    ]);
    expect(result.failed).toMatchObject([{ image: "00.jpg", error: { code: "image.decode" } }]);
    expect(result.imagesPerSecond).toBeGreaterThan(0);
  });
});

describe("evaluateRetrieval", () => {
  it("finds pictures by captions and captions by pictures", async () => {
    const captions = [
      { image: "cat.jpg", text: "cat" },
      { image: "cat.jpg", text: "dog" },
      { image: "dog.jpg", text: "god" },
      { image: "0.jpg", text: "left out: its picture can't be read" },
    ];
    const result = await evaluateRetrieval(letterEncoder(), await captionedSet("folder", "folder", captions));
    // "dog" is asked for the cat, but finds the dog first: 2 of 3 texts are right at once.
    expect(result.textToImage.r1).toBeCloseTo(2 / 3, 12);
    expect(result.textToImage.r5).toBe(1);
    // Of two equal captions the earlier (the cat's) is before, so that the dog's own comes second.
    expect(result.imageToText).toEqual({ r1: 0.5, r5: 1, r10: 1 });
    expect(result).toMatchObject({ images: 2, captions: 3, failed: [{ image: "0.jpg" }] });
  });
});

describe("readCaptions", () => {
  it("reads Flickr8k's lines, with and without language, and tabs", async () => {
    const path = join(
      folder(
        "captions",
        ["c.txt"],
        "\ufeffa.jpg#0 A dog .\r\nb.jpg#en#1\tA cat .\n\nmy picture.jpg\ttwo words\nc.jpg#zh#0 一只 狗\n",
      ),
      "c.txt",
    );
    expect(await readCaptions(path)).toEqual([
      { image: "a.jpg", text: "A dog ." },
      { image: "b.jpg", text: "A cat ." },
      { image: "my picture.jpg", text: "two words" },
      { image: "c.jpg", text: "一只 狗" },
    ]);
  });

  it("names the line that is none", async () => {
    const path = join(folder("captions-bad", ["c.txt"], "a.jpg#0 A dog .\nonlyafile.jpg\n"), "c.txt");
    await expect(readCaptions(path)).rejects.toMatchObject({
      code: "evaluate.captions",
      message: expect.stringContaining("line 2"),
    });
  });

  it.each([
    ["spaces alone behind the name", `a.jpg${" ".repeat(1_000_000)}`],
    ["spaces between all words", "a.jpg A dog ."],
    ["a number without a caption", "a.jpg#0"],
    ["a caption without a name", "#0 A dog ."],
  ])("refuses %s, quickly", async (_, line) => {
    const path = join(folder("captions-odd", ["c.txt"], line), "c.txt");
    await expect(readCaptions(path)).rejects.toMatchObject({ code: "evaluate.captions" });
  });
});
