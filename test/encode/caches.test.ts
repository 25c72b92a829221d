import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CacheOptions,
  type EncodeImagesOptions,
  loadClip,
  orThrow,
  type Warning,
} from "../../src/index.js";
import { writeCheckpoint } from "../quantize/checkpoint.js";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-caches-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const CACHE: CacheOptions = { text: true, image: true };
const open = (more: object = {}) => loadClip("starter", { home, offline: true, cache: CACHE, ...more });
const TEXTS = ["a cat", "a photo of two dogs in the snow", "a cat", "rocket"];
const stored = (folder: string): string[] =>
  readdirSync(join(home, "cache", folder), { recursive: true })
    .map(String)
    .sort();

describe("texts", () => {
  it("are encoded once where they are the same, each caller's vector its own", async () => {
    await using clip = await loadClip("starter", { home, offline: true });
    const vectors = await clip.encodeTexts(TEXTS);
    expect(vectors[2]).toEqual(vectors[0]);
    expect(vectors[2]).not.toBe(vectors[0]);
    const progress: number[] = [];
    await clip.encodeTexts(TEXTS, { batchSize: 1, onProgress: ({ done }) => progress.push(done) });
    expect(progress).toHaveLength(3);
    expect(progress.at(-1)).toBe(4);
  });

  it("nothing is kept where no cache was asked for", () => {
    expect(readdirSync(home)).not.toContain("cache");
  });

  it("come back bit for bit in another process' model, whatever batch they are in", async () => {
    const first = await open();
    const vectors = await first.encodeTexts(TEXTS);
    vectors[0]!.fill(0);
    const [same] = await first.encodeTexts(["a cat"]);
    expect(same).toEqual(vectors[2]);
    await first[Symbol.asyncDispose]();
    await using second = await open();
    expect(await second.encodeTexts(["rocket", "bicycle", "a cat"])).toMatchObject([
      vectors[3],
      expect.any(Float32Array),
      vectors[2],
    ]);
  });
});

describe("label sets", () => {
  const templates = ["a photo of a {}.", "a drawing of a {}."];

  it("come back bit for bit, also where only some labels were there before", async () => {
    const first = await open();
    const before = await first.zeroShotWeights(["cat", "dog"], templates);
    await first[Symbol.asyncDispose]();
    await using second = await open();
    const { labels, vectors } = await second.zeroShotWeights(["rocket", "dog", " cat "], templates);
    expect(labels).toEqual(["rocket", "dog", "cat"]);
    expect(vectors[1]).toEqual(before.vectors[1]);
    expect(vectors[2]).toEqual(before.vectors[0]);
    const others = await second.zeroShotWeights(["dog"], ["a photo of a {}."]);
    expect(others.vectors[0]).not.toEqual(before.vectors[1]);
  });

  it("are told apart by their own prompts and by the weights of templates", async () => {
    const own = { id: "c", name: "cat", prompts: ["a tabby"] };
    const ask = async (): Promise<Float32Array[]> => {
      await using clip = await open();
      const vectors = [
        await clip.zeroShotWeights([own, "dog"], templates),
        await clip.zeroShotWeights(["cat", "dog"], templates),
        await clip.zeroShotWeights(["cat", "dog"], templates, { templateWeights: [3, 1] }),
      ];
      return vectors.map(({ vectors: [first] }) => first!);
    };
    const first = await ask();
    expect(first[0]).not.toEqual(first[1]);
    expect(first[2]).not.toEqual(first[1]);
    expect(await ask()).toEqual(first);
  });

  it("that call for a warning are warned of each time", async () => {
    for (const _ of ["first", "second"]) {
      const warnings: Warning[] = [];
      await using clip = await open({ onWarning: (warning: Warning) => warnings.push(warning) });
      await clip.zeroShotWeights(["cat", "кошка"], templates);
      expect(warnings.map(({ code }) => code)).toEqual(["text.unknown-script"]);
    }
  });

  it("a label that calls for a warning is alone in being computed again", async () => {
    const asked = async (): Promise<unknown> => {
      let total: unknown;
      await using clip = await open({ onWarning: () => undefined });
      const onProgress = (at: { total?: number }): void => {
        total = at.total;
      };
      await clip.zeroShotWeights(["teapot", "кошка", "ladder"], templates, { onProgress });
      return total;
    };
    expect(await asked()).toBe(6);
    expect(await asked()).toBe(2);
  });

  it("a long list that is ended in the middle goes on behind what was done", async () => {
    const own = join(home, "own");
    mkdirSync(own);
    const model = join(own, "tiny.safetensors");
    await writeCheckpoint(model);
    const labels = Array.from({ length: 6_000 }, (_, i) => `thing ${i}`);
    const abort = new AbortController();
    const asked = async (signal?: AbortSignal): Promise<[vectors: number, total: unknown]> => {
      let total: unknown;
      await using clip = await loadClip(model, { home: own, offline: true, cache: CACHE });
      const onProgress = (at: { done: number; total?: number }): void => {
        total = at.total;
        if (at.done > 4_096) abort.abort();
      };
      const { vectors } = await clip.zeroShotWeights(labels, ["{}"], {
        onProgress,
        ...(signal ? { signal } : {}),
      });
      return [vectors.length, total];
    };
    await expect(asked(abort.signal)).rejects.toMatchObject({ code: "aborted" });
    const [count, total] = await asked();
    expect(count).toBe(6_000);
    expect(total).toBe(6_000 - 4_096);
    expect((await asked())[1]).toBeUndefined();
  });

  it("are refused as without a cache", async () => {
    await using clip = await open();
    await expect(clip.zeroShotWeights(["cat", "cat"], templates)).rejects.toThrowError(
      expect.objectContaining({ code: "labels.duplicate" }),
    );
  });
});

describe("pictures", () => {
  const CAT = "test/fixtures/pictures/cat.jpg";
  const ROCKET = "test/fixtures/pictures/rocket.jpg";

  it("come back bit for bit by their bytes, beside new and bad ones", async () => {
    const first = await open();
    const [cat] = orThrow(await first.encodeImages([CAT, ROCKET]));
    const [flipped] = orThrow(await first.encodeImages([CAT], { views: "flip" }));
    expect(flipped).not.toEqual(cat);
    await first[Symbol.asyncDispose]();
    const copy = join(home, "copy.jpg");
    cpSync(CAT, copy);
    await using second = await open();
    const results = await second.encodeImages(["missing.jpg", copy, readFileSync(CAT), Buffer.from("x")]);
    expect(results[0]).toMatchObject({ code: "input.file" });
    expect(results[1]).toEqual(cat);
    expect(results[2]).toEqual(cat);
    expect(results[3]).toMatchObject({ code: expect.stringMatching(/^image\./) });
    expect(orThrow(await second.encodeImages([CAT], { views: "flip" }))[0]).toEqual(flipped);
    // A stream says which of them were known; of each square by itself nothing is.
    const known = async (options: EncodeImagesOptions): Promise<unknown[]> => {
      const found: unknown[] = [];
      const inputs = ["missing.jpg", copy, "test/fixtures/pictures/coffee.jpg"];
      for await (const { remembered } of second.encodeImageStream(inputs, options)) found.push(remembered);
      return found;
    };
    expect(await known({})).toEqual([undefined, true, undefined]);
    expect(await known({ eachView: true })).toEqual([undefined, undefined, undefined]);
  });

  it("are refused by limits that they passed before", async () => {
    await using clip = await open({ image: { maxPixels: 10 } });
    const [result] = await clip.encodeImages([CAT]);
    expect(result).toMatchObject({ code: "image.too-large" });
  });
});

describe("what lies on disk", () => {
  it("is one folder a model and kind, with one packed file", () => {
    expect(stored("images").filter((name) => name.endsWith(".vectors"))).toHaveLength(1);
    expect(stored("text").filter((name) => name.endsWith(".vectors"))).toHaveLength(2);
  });

  it.each([{ text: 5 }, { image: -1 }, { image: 1.5e20 }])("refuses the bound %o", async (cache) => {
    await expect(open({ cache })).rejects.toThrowError(expect.objectContaining({ code: "usage.cache" }));
  });
});
