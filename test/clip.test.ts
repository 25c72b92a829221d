import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clip, ClipError, dot, loadClip, orThrow, type Warning } from "../src/index.js";

const picture = (name: string): string => `test/fixtures/pictures/${name}.jpg`;
const code = (expected: string) => expect.objectContaining({ code: expected });

let home = "";
let clip: Clip;
const warnings: Warning[] = [];
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-clip-"));
  clip = await loadClip("starter", { home, offline: true, onWarning: (warning) => warnings.push(warning) });
});
afterAll(async () => {
  await clip[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

describe("loadClip", () => {
  it("tells what was loaded", () => {
    expect(clip.model).toMatchObject({
      name: "starter",
      device: "cpu",
      dim: expect.any(Number),
      knownScripts: ["Latin", "Han"],
      languages: ["en", "zh"],
    });
    expect(clip.model.revision).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(["ViT-B/32@int8", "openai/clip-vit-base-patch32@int8"])(
    "%s that is not here is never downloaded: it would have to be quantised",
    async (name) => {
      await expect(loadClip(name, { home, offline: false })).rejects.toMatchObject({
        code: "model.not-quantized",
        message: expect.stringMatching(
          /run "zeroclip models pull \S+", then "zeroclip quantize \S+ --to int8"\.$/,
        ),
      });
    },
  );

  it.each([
    ["ViT-B32", "model.unknown"],
    ["./no-such.pt", "model.path"],
    ["ViT-B/32", "model.missing"],
  ])("refuses %s offline with %s", async (name, expected) => {
    await expect(loadClip(name, { home, offline: true })).rejects.toThrowError(code(expected));
  });

  it.each(["bf16", "int4", "", 8])("refuses the precision %j", async (precision) => {
    await expect(loadClip("starter", { home, precision: precision as "fp32" })).rejects.toMatchObject({
      code: "usage.precision",
      message: `Expected the precision fp32, fp16, int8 or auto but received ${JSON.stringify(precision)}.`,
    });
  });

  it("says of two precisions that they are two", async () => {
    await expect(loadClip("starter@int8@int8", { home })).rejects.toMatchObject({
      code: "model.unknown",
      message: 'Expected one precision after starter but received two, "@int8" and "@int8".',
    });
  });

  it("refuses a device that is not there and threads that make no sense", async () => {
    await expect(loadClip("starter", { home, device: "cuda" })).rejects.toThrowError(
      expect.objectContaining({ code: "runtime.device", message: expect.stringContaining("cpu") }),
    );
    await expect(loadClip("starter", { home, threads: 0 })).rejects.toThrowError(code("runtime.options"));
  });
});

describe("towers", () => {
  /** The starter with a text tower that is no graph. */
  const halfBroken = (): string => {
    const folder = join(mkdtempSync(join(home, "broken-")), "starter");
    cpSync("starter", folder, { recursive: true });
    writeFileSync(join(folder, "text.onnx"), "no graph");
    return folder;
  };

  it("are opened when they are first used, and say then what is wrong with them", async () => {
    await using half = await loadClip(halfBroken(), { home });
    expect(half.model).toMatchObject({ device: "cpu", dim: clip.model.dim });
    expect(orThrow(await half.encodeImages([picture("cat")]))).toHaveLength(1);
    for (const _ of [1, 2])
      await expect(half.encodeTexts(["a cat"])).rejects.toThrowError(code("runtime.open"));
  });

  it("stay closed where what is remembered will do", async () => {
    const folder = join(mkdtempSync(join(home, "remembered-")), "starter");
    cpSync("starter", folder, { recursive: true });
    const options = { home, cache: { text: true } };
    const classify = async (): Promise<string | undefined> => {
      await using own = await loadClip(folder, options);
      return (await own.classify(picture("cat"), ["dog", "cat"]))[0]?.label;
    };
    const text = join(folder, "text.onnx");
    const [time, { size }] = [new Date(1_700_000_000_000), statSync(text)];
    utimesSync(text, time, time);
    expect(await classify()).toBe("cat");
    // The same size, time and inode: its hash is believed, so that the model is the same one.
    writeFileSync(text, Buffer.alloc(size));
    utimesSync(text, time, time);
    expect(await classify()).toBe("cat");
    await using own = await loadClip(folder, options);
    await expect(own.encodeTexts(["something new"])).rejects.toThrowError(code("runtime.open"));
  });

  it("are opened at once where that is asked for", async () => {
    await expect(loadClip(halfBroken(), { home, preload: true })).rejects.toThrowError(code("runtime.open"));
  });

  it("give the same features whether weights are rearranged or not, on this thread or another", async () => {
    const [expected] = orThrow(await clip.encodeImages([picture("cat")]));
    const [words] = await clip.encodeTexts(["a photo of a cat"]);
    for (const options of [{ prepack: false }, { prepack: false, thread: false }, { preload: true }]) {
      await using other = await loadClip("starter", { home, offline: true, ...options });
      expect(dot(orThrow(await other.encodeImages([picture("cat")]))[0]!, expected!)).toBeGreaterThan(
        0.99999,
      );
      expect(dot((await other.encodeTexts(["a photo of a cat"]))[0]!, words!)).toBeGreaterThan(0.99999);
    }
  });
});

describe("pictures", () => {
  it("are classified: the best label first, probabilities sum to 1", async () => {
    for (const [name, label] of [
      ["cat", "cat"],
      ["coffee", "cup of coffee"],
      ["rocket", "rocket"],
    ] as const) {
      const answer = await clip.classify(picture(name), ["dog", "cup of coffee", "cat", "rocket"]);
      expect(answer[0]?.label).toBe(label);
      expect(answer.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
      expect(answer.map(({ similarity }) => similarity)).toEqual(
        answer.map((p) => p.similarity).sort((a, b) => b - a),
      );
    }
  });

  it("a batch equals its pictures one by one, whatever kind of input they are", async () => {
    const bytes = readFileSync(picture("cat"));
    const inputs = [picture("cat"), bytes, new Blob([bytes]), picture("rocket")];
    const together = orThrow(await clip.encodeImages(inputs));
    const alone = orThrow(await clip.encodeImages([picture("cat")]));
    for (const vector of together.slice(0, 3)) expect(dot(vector, alone[0]!)).toBeGreaterThan(0.999999);
    expect(dot(together[3]!, alone[0]!)).toBeLessThan(0.9);
    expect(dot(alone[0]!, alone[0]!)).toBeCloseTo(1, 5);
  });

  it("that are bad give their own error and spoil no neighbour, in whatever batch they are", async () => {
    const inputs = [
      picture("cat"),
      Buffer.from("words"),
      picture("rocket"),
      "missing.jpg",
      picture("coffee"),
    ];
    for (const batchSize of [1, 2, 8]) {
      const answers = await clip.classifyAll(inputs, ["cat", "rocket", "cup of coffee"], {
        batchSize,
        top: 1,
      });
      const brief = answers.map((answer) => (answer instanceof ClipError ? answer.code : answer[0]!.label));
      expect(brief).toEqual(["cat", "image.format", "rocket", "input.file", "cup of coffee"]);
    }
  });

  it("views are averaged to unit vectors near the centre's", async () => {
    const [center] = orThrow(await clip.encodeImages([picture("cat")]));
    for (const views of ["flip", "five"] as const) {
      const [mean] = orThrow(await clip.encodeImages([picture("cat")], { views }));
      expect(dot(mean!, mean!)).toBeCloseTo(1, 5);
      expect(dot(mean!, center!)).toBeGreaterThan(0.8);
      expect(dot(mean!, center!)).toBeLessThan(0.999999);
    }
  });

  it("report progress and stop when told", async () => {
    const seen: number[] = [];
    const abort = new AbortController();
    const inputs = Array.from({ length: 12 }, () => picture("cat"));
    const run = clip.encodeImages(inputs, {
      batchSize: 2,
      signal: abort.signal,
      onProgress: ({ done, total }) => {
        expect(total).toBe(12);
        seen.push(done);
        if (done === 4) abort.abort();
      },
    });
    await expect(run).rejects.toThrowError(code("aborted"));
    expect(seen).toEqual([2, 4]);
  });

  it.each([{ batchSize: 0 }, { batchSize: 1.5 }, { views: "seven" as "flip" }])(
    "refuse %j",
    async (options) => {
      await expect(clip.encodeImages([picture("cat")], options)).rejects.toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/^usage\./) }),
      );
    },
  );
});

describe("texts", () => {
  it("come back in order, whatever their lengths, and equal themselves alone", async () => {
    const texts = ["a photo of a cat sitting in front of a window on a rainy day", "cat", "a dog", "rocket"];
    const together = await clip.encodeTexts(texts, { batchSize: 2 });
    for (const [i, text] of texts.entries()) {
      const [alone] = await clip.encodeTexts([text]);
      expect(dot(together[i]!, alone!)).toBeGreaterThan(0.9999);
    }
  });

  it("that are too long are cut with a warning, or refused where asked", async () => {
    const long = "word ".repeat(500);
    warnings.length = 0;
    await clip.encodeTexts([long, "short"]);
    expect(warnings).toEqual([
      { code: "text.truncated", count: 1, message: expect.stringMatching(/its last \d+ are not read/) },
    ]);
    await expect(clip.encodeTexts([long], { truncate: false })).rejects.toThrowError(code("text.too-long"));
  });

  it("in a script that the starter does not know draw a warning", async () => {
    warnings.length = 0;
    await clip.classify(picture("cat"), ["кошка", "dog"]);
    expect(warnings.map((warning) => warning.code)).toContain("text.unknown-script");
    expect(warnings[0]?.message).toContain("Cyrillic");
  });

  it("are called by their labels in warnings, each once, whatever the templates are", async () => {
    warnings.length = 0;
    await clip.zeroShotWeights(["dog", "собака", "кошка"], ["a photo of a {}.", "a drawing of a {}."]);
    await clip.zeroShotWeights(["dog"], ["фото {}"]);
    const scripts = warnings.filter((warning) => warning.code === "text.unknown-script");
    expect(scripts.map(({ message }) => message.replace(/ is written in Cyrillic, .*/, ""))).toEqual([
      '"собака" (and 1 more)',
      '"фото dog"',
    ]);
    expect(warnings[0]?.message).toMatch(
      /write it in English or Chinese \(a label set may hold translations\), or use a model that was trained on such texts\.$/,
    );
  });

  it("stop at the signal while they are cut into tokens", async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 20_000 }, (_, i) => `label ${i}`);
    const encoding = clip.encodeTexts(many, {
      signal: stop.signal,
      onProgress: () => expect.unreachable("no batch is computed after the signal"),
    });
    setImmediate(() => stop.abort());
    await expect(encoding).rejects.toThrowError(code("aborted"));
  });

  it("that are no texts are refused", async () => {
    await expect(clip.encodeTexts([7 as unknown as string])).rejects.toThrowError(code("input.type"));
  });

  it("label sets are remembered, and of a longer one only what is new is computed", async () => {
    const first = await clip.zeroShotWeights(["cat", "dog"]);
    expect(await clip.zeroShotWeights(["cat", "dog"])).toBe(first);
    expect(await clip.zeroShotWeights(["cat", "dog"], ["a {}"])).not.toBe(first);
    const longer = await clip.zeroShotWeights(["emu", "dog", { id: "c", name: "cat", prompts: ["a tabby"] }]);
    expect(longer.labels).toEqual(["emu", "dog", "cat"]);
    expect(longer.vectors[1]).toBe(first.vectors[1]);
    expect(longer.vectors[2]).not.toEqual(first.vectors[0]);
  });

  it("label sets: names of a domain, aliases and own prompts go into answers under the label's name", async () => {
    const labels = [
      "dog",
      { id: "n1", name: "cat", aliases: ["kitten"], prompts: ["a tabby cat on a sofa"] },
    ];
    const [first] = await clip.classify(picture("cat"), labels, { domain: "generic", top: 1 });
    expect(first).toMatchObject({ label: "cat" });
    const own = { domain: ["generic"], templates: ["{label} seen by a {domain} camera"], top: 1 };
    expect((await clip.classify(picture("cat"), labels, own))[0]!.similarity).not.toBe(first!.similarity);
    await expect(clip.classify(picture("cat"), labels, { domain: "generics" })).rejects.toThrow(
      /Did you mean generic\?/,
    );
  });
});

describe("callers without types", () => {
  const wrong = (value: unknown): never => value as never;

  it.each<[string, () => Promise<unknown>, string]>([
    ["labels that are no list", () => clip.classify(picture("cat"), wrong("cat")), "labels.type"],
    ["labels that are no words", () => clip.classify(picture("cat"), wrong([1])), "labels.type"],
    ["templates that are no words", () => clip.zeroShotWeights(["cat"], wrong([1])), "labels.template"],
    ["texts that are no list", () => clip.encodeTexts(wrong("abc")), "input.type"],
    ["pictures that are no list", () => clip.encodeImages(wrong("cat.jpg")), "input.type"],
    ["no pictures", () => clip.encodeImages(wrong(null)), "input.type"],
    ["a model that is no name", () => loadClip(wrong(5), { home }), "model.unknown"],
  ])("get one sentence for %s", async (_, call, expected) => {
    await expect(call()).rejects.toThrowError(code(expected));
  });
});

it("a model with a smaller vocabulary than its tokenizer says so", async () => {
  await using tiny = await loadClip("test/golden/checkpoint/tiny-vit.openai.pt", { home });
  expect(orThrow(await tiny.encodeImages([picture("cat")]))).toHaveLength(1);
  await expect(tiny.encodeTexts(["a cat"])).rejects.toThrowError(code("model.unsupported"));
});
