import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Encoder } from "../../src/encoder.js";
import { captionedSet } from "../../src/evaluate/captions.js";
import { compareRetrieval } from "../../src/evaluate/compare-recall.js";
import { openRunStore } from "../../src/evaluate/grid/run-store.js";
import { recallFigures } from "../../src/evaluate/recall.js";
import { reportData } from "../../src/evaluate/report/data.js";
import { reportPage } from "../../src/evaluate/report/page.js";
import { evaluateRetrieval, type RetrievalResult } from "../../src/evaluate/retrieval.js";
import type { Views } from "../../src/image/views.js";
import { unit } from "../../src/math/unit.js";
import { letterEncoder } from "../support/letter-encoder.js";

const root = mkdtempSync(join(tmpdir(), "zeroclip-retrieval-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WORDS = [
  "cat",
  "dog",
  "bird",
  "fish",
  "horse",
  "mouse",
  "rabbit",
  "wolf",
  "fox",
  "zebra",
  "lamb",
  "goat",
];
const captions = WORDS.flatMap((word, i) => [
  { image: `${word}.jpg`, text: word },
  // Every third second caption is of another picture.
  { image: `${word}.jpg`, text: i % 3 === 0 ? WORDS[(i + 1) % WORDS.length]! : `${word} ${word}` },
]);
const set = await captionedSet("animals", root, captions);

/** A letter encoder that counts what it sees and breaks after so many pictures or texts. */
function counting(stopAt = Number.POSITIVE_INFINITY): {
  encoder: Encoder;
  pictures: () => number;
  texts: () => number;
} {
  const plain = letterEncoder();
  let [pictures, texts] = [0, 0];
  const encoder: Encoder = {
    ...plain,
    async *encodeImageStream(inputs, options) {
      for await (const one of plain.encodeImageStream(inputs, options)) {
        if (++pictures > stopAt) throw new Error("ended");
        yield one;
      }
    },
    async encodeTexts(words, options) {
      texts += words.length;
      if (stopAt === WORDS.length) throw new Error("ended");
      return plain.encodeTexts(words, options);
    },
  };
  return { encoder, pictures: () => pictures, texts: () => texts };
}

describe("recallFigures", () => {
  const axis = (i: number) => unit(Float32Array.from({ length: 4 }, (_, k) => (k === i ? 1 : 0)));
  it("draws pictures with all of their captions", () => {
    const images = [0, 1, 2, 3].map(axis);
    // The first two pictures find their captions and are found; those of the others are mixed up.
    const owners = [0, 0, 1, 2, 3];
    const texts = [0, 0, 1, 3, 2].map((at, i) => ({ vector: axis(at), image: owners[i]! }));
    const { textToImage, imageToText, intervals, ranks, shown } = recallFigures(images, texts);
    expect(ranks.textToImage.map((rank) => rank === 0)).toEqual([true, true, true, false, false]);
    expect(ranks.imageToText.map((rank) => rank === 0)).toEqual([true, true, false, false]);
    expect(textToImage).toEqual({ r1: 0.6, r5: 1, r10: 1 });
    expect(imageToText.r1).toBe(0.5);
    expect(intervals.textToImage.r1.low).toBeLessThan(0.6);
    expect(intervals.textToImage.r1.high).toBe(1);
    expect(intervals.imageToText.r1).toEqual({ low: 0, high: 1 });
    expect(intervals.textToImage.r5).toEqual({ low: 1, high: 1 });
    expect(shown.missed).toEqual([
      { caption: 3, rank: expect.any(Number), found: [3, 0, 1, 2] },
      { caption: 4, rank: expect.any(Number), found: [2, 0, 1, 3] },
    ]);
    // One caption a picture.
    expect(shown.found.map(({ caption }) => caption)).toEqual([0, 2]);
  });
});

describe("compareRetrieval", async () => {
  const measured = await evaluateRetrieval(letterEncoder(), set);
  const all = (rank: number): RetrievalResult["ranks"] => ({
    textToImage: captions.map(() => rank),
    imageToText: WORDS.map(() => rank),
  });
  const result = (
    model: string,
    ranks: RetrievalResult["ranks"],
    views: Views = "center",
  ): RetrievalResult => ({
    ...measured,
    ...{ model, ranks, views },
  });

  it("takes the captions of a picture together", () => {
    // The first finds both captions of six pictures at once, the second them among five; of the others they find the same.
    const second = { ...all(0), textToImage: captions.map((_, i) => (i < 12 ? 3 : 0)) };
    const found = compareRetrieval([result("a", all(0)), result("b", second)], set);
    expect(found).toHaveLength(6);
    expect(found.map(({ way, recall }) => `${way} ${recall}`).slice(0, 4)).toEqual([
      "textToImage r1",
      "textToImage r5",
      "textToImage r10",
      "imageToText r1",
    ]);
    const [r1, r5] = found;
    expect(r1).toMatchObject({ first: "a", second: "b", queries: 24, difference: 0.5 });
    // Six coins that all fall alike, not twelve.
    expect(r1).toMatchObject({ onlyFirst: 12, onlySecond: 0, method: "exact", p: 2 / 2 ** 6 });
    expect(r1!.adjustedP).toBeCloseTo((6 * 2) / 2 ** 6, 12);
    // Of twelve pictures drawn anew, six of which differ: 0.5 ± 1.96 · 0.5 / √12 would be 0.22 to 0.78.
    expect(r1!.interval.low).toBeGreaterThan(0.15);
    expect(r1!.interval.low).toBeLessThan(0.3);
    expect(r1!.interval.high).toBeCloseTo(1 - r1!.interval.low, 1);
    expect(r5).toMatchObject({
      difference: 0,
      interval: { low: 0, high: 0 },
      onlyFirst: 0,
      p: 1,
      adjustedP: 1,
    });
  });

  it("leaves out what either could not read", () => {
    const some = {
      textToImage: [-1, 0, ...all(9).textToImage.slice(2)],
      imageToText: [-1, ...all(0).imageToText.slice(1)],
    };
    const found = compareRetrieval([result("a", some), result("b", all(9))], set);
    expect(found[0]).toMatchObject({ queries: 23, onlyFirst: 1 });
    expect(found[2]).toMatchObject({ recall: "r10", onlyFirst: 0, onlySecond: 0 });
    expect(found[3]).toMatchObject({ way: "imageToText", queries: 11, onlyFirst: 11, difference: 1 });
  });

  it("compares what differs in one thing, and names it", () => {
    const grid = ["a", "b"].flatMap((model) =>
      (["center", "flip"] as const).map((views) => result(model, all(0), views)),
    );
    const pairs = new Set(compareRetrieval(grid, set).map(({ first, second }) => `${first} | ${second}`));
    expect([...pairs]).toEqual([
      "a · center | a · flip",
      "a · center | b · center",
      "a · flip | b · flip",
      "b · center | b · flip",
    ]);
    expect(compareRetrieval([result("a", all(0))], set)).toEqual([]);
  });
});

describe("evaluateRetrieval with a store", () => {
  const figures = ({
    measured: _a,
    memoryBytes: _b,
    imagesPerSecond: _c,
    ...rest
  }: Awaited<ReturnType<typeof evaluateRetrieval>>) => rest;

  it("goes on behind the last batch of pictures, then of captions, and answers from a finished result", async () => {
    const store = async () => openRunStore(join(root, "run"));
    const ended = counting(9);
    {
      await using open = await store();
      await expect(evaluateRetrieval(ended.encoder, set, { store: open, batchSize: 4 })).rejects.toThrow(
        "ended",
      );
    }
    const second = counting(WORDS.length);
    {
      await using open = await store();
      await expect(evaluateRetrieval(second.encoder, set, { store: open, batchSize: 4 })).rejects.toThrow(
        "ended",
      );
      expect(second.pictures()).toBe(WORDS.length - 8);
    }
    const third = counting();
    const done: number[] = [];
    {
      await using open = await store();
      const found = await evaluateRetrieval(third.encoder, set, {
        store: open,
        onProgress: (at) => done.push(at.done),
      });
      expect([third.pictures(), third.texts()]).toEqual([0, captions.length]);
      expect(done.at(-1)).toBe(WORDS.length + captions.length);
      expect(figures(found)).toEqual(figures(await evaluateRetrieval(letterEncoder(), set)));
      const again = counting();
      expect(await evaluateRetrieval(again.encoder, set, { store: open })).toEqual(found);
      expect([again.pictures(), again.texts()]).toEqual([0, 0]);
      // Views have vectors of their own, captions are the same.
      await evaluateRetrieval(again.encoder, set, { store: open, views: "flip" });
      expect([again.pictures(), again.texts()]).toEqual([WORDS.length, 0]);
    }
    expect(readdirSync(join(root, "run", "cells"))).toHaveLength(2);
  });

  it("has no speed where the cache of pictures knew one, and places ranks by what was read", async () => {
    const plain = letterEncoder();
    const encoder: Encoder = {
      ...plain,
      async *encodeImageStream(inputs, options) {
        let at = 0;
        for await (const one of plain.encodeImageStream(inputs, options))
          yield at++ === 1 ? { ...one, remembered: true } : one;
      },
    };
    expect((await evaluateRetrieval(encoder, set)).imagesPerSecond).toBeNull();
    const one = { image: "00.jpg", text: "cat" };
    const some = await captionedSet("some", root, [captions[0]!, one, captions[2]!]);
    const { ranks, imagesPerSecond } = await evaluateRetrieval(plain, some);
    expect(imagesPerSecond).toBeGreaterThan(0);
    expect(ranks).toEqual({ textToImage: [0, -1, 0], imageToText: [0, -1, 0] });
  });

  it("other captions are another question", async () => {
    await using open = await openRunStore(join(root, "other"));
    await evaluateRetrieval(letterEncoder(), set, { store: open });
    const fewer = await captionedSet("animals", root, captions.slice(2));
    expect((await evaluateRetrieval(letterEncoder(), fewer, { store: open })).captions).toBe(
      captions.length - 2,
    );
  });

  it("no picture that can be read is an error", async () => {
    const none = await captionedSet("none", root, [{ image: "0.jpg", text: "cat" }]);
    await expect(evaluateRetrieval(letterEncoder(), none)).rejects.toMatchObject({
      code: "evaluate.data",
    });
  });
});

describe("a report of retrieval", () => {
  it("holds recall, intervals and what was found; hostile captions are data", async () => {
    const hostile = "cat</script><b>";
    const own = await captionedSet("x", root, [{ image: "cat.jpg", text: hostile }, ...captions.slice(2, 6)]);
    const result = await evaluateRetrieval(letterEncoder(), own);
    const other = { ...result, model: "other" };
    const comparisons = compareRetrieval([result, other], own);
    const input = { retrieval: { set: own, results: [result], comparisons }, version: "1" };
    const { retrieval, sets, measured } = await reportData(input);
    expect({ sets, measured }).toEqual({ sets: [], measured: result.measured });
    expect(retrieval).toMatchObject({ name: "x", pictures: 3, captions: 5, failed: { count: 0 } });
    expect(retrieval!.results[0]).toMatchObject({ name: "letters", intervals: result.intervals });
    expect(retrieval!.comparisons).toEqual(comparisons);
    const query = retrieval!.results[0]!.shown.found.find(({ caption }) => caption === hostile);
    expect(retrieval!.shown[query!.image]).toEqual({ name: "cat.jpg" });
    const page = await reportPage(input);
    expect(page).not.toContain("</script><b>");
    expect(page).toContain("\\u003c/script>");
  });
});
