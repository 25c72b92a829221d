import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Encoder } from "../../src/encoder.js";
import { captionedSet } from "../../src/evaluate/captions.js";
import { openRunStore } from "../../src/evaluate/grid/run-store.js";
import { recallFigures } from "../../src/evaluate/recall.js";
import { reportData } from "../../src/evaluate/report/data.js";
import { reportPage } from "../../src/evaluate/report/page.js";
import { evaluateRetrieval } from "../../src/evaluate/retrieval.js";
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
    const { textToImage, imageToText, intervals, shown } = recallFigures(images, texts);
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
      code: "evaluate.captions",
    });
  });
});

describe("a report of retrieval", () => {
  it("holds recall, intervals and what was found; hostile captions are data", async () => {
    const hostile = "cat</script><b>";
    const own = await captionedSet("x", root, [{ image: "cat.jpg", text: hostile }, ...captions.slice(2, 6)]);
    const result = await evaluateRetrieval(letterEncoder(), own);
    const input = { retrieval: { set: own, results: [result] }, version: "1" };
    const { retrieval, sets, measured } = await reportData(input);
    expect({ sets, measured }).toEqual({ sets: [], measured: result.measured });
    expect(retrieval).toMatchObject({ name: "x", pictures: 3, captions: 5, failed: { count: 0 } });
    expect(retrieval!.results[0]).toMatchObject({ name: "letters", intervals: result.intervals });
    const query = retrieval!.results[0]!.shown.found.find(({ caption }) => caption === hostile);
    expect(retrieval!.shown[query!.image]).toEqual({ name: "cat.jpg" });
    const page = await reportPage(input);
    expect(page).not.toContain("</script><b>");
    expect(page).toContain("\\u003c/script>");
  });
});
