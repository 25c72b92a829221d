// Goals of finding: no figure is lost by the store, relevance means what it says, and nonsense is refused.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captionedSet, keepListed, readCaptions } from "../../dist/evaluate/captions.js";
import { evaluateRetrieval } from "../../dist/evaluate/retrieval.js";
import { LEAST_RELEVANCE } from "../../dist/search/find/relevance-constants.js";
import { searchStore } from "../../dist/search/find/search.js";
import { openStore } from "../../dist/search/store/open.js";
import { judgedPictures, judgedQueries, nonsense, putPictures } from "../search/judged.mjs";
import { bestOf, judgedHits, picturePairs, reliability } from "../search/relevance.mjs";
import { flickr8k } from "./data.mjs";
import { mean, openKept, percent } from "./zeroshot-kept.mjs";

const SEED = 8;
/** Captions a call, and those that are also asked for one by one as a user does. */
const AT_ONCE = 500;
const ONE_BY_ONE = 200;
const KS = [1, 5, 10];
/** Points of recall that rounding to half floats may move: one caption of 5,000 is 0.02. */
const SAME = 0.0005;

/** Cosines that half floats can't tell apart: hits as near as that may change places. */
const NEAR = 5e-4;

const three = (shares) => shares.map((share) => (100 * share).toFixed(2)).join(" / ");

/** R@1, 5, 10 of captions through a folder of LanceDB, and how many of the first ten are the same one by one. */
async function recallThrough(store, clip, captions) {
  const vectors = await clip.encodeTexts(captions.map(({ text }) => text));
  const ranks = [];
  const same = [];
  const pathOf = new Map();
  for await (const batch of store.scan({ columns: ["path"] }))
    for (const { id, path } of batch) pathOf.set(id, path);
  for (let from = 0; from < captions.length; from += AT_ONCE) {
    const found = await store.nearest(vectors.slice(from, from + AT_ONCE), { k: 10 });
    for (const [i, matches] of found.entries()) {
      const { image, text } = captions[from + i];
      ranks.push(matches.findIndex(({ id }) => pathOf.get(id) === image));
      if (from + i >= ONE_BY_ONE) continue;
      const { hits } = await searchStore(store, clip, [{ text, weight: 1 }], { k: 10, minRelevance: 0 });
      same.push(
        hits.every(({ similarity }, at) => Math.abs(similarity - matches[at].similarity) < NEAR) ? 1 : 0,
      );
    }
  }
  const recall = KS.map((k) => mean(ranks.map((rank) => (rank >= 0 && rank < k ? 1 : 0))));
  return { recall, same: mean(same) };
}

export async function* measure() {
  const clip = await openKept("starter");
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-goals-search-"));
  try {
    const { images, captions: file, test } = flickr8k();
    const captions = await keepListed(await readCaptions(file), test);
    const set = await captionedSet("flickr8k", images, captions);
    const { textToImage } = await evaluateRetrieval(clip, set);
    const plain = [textToImage.r1, textToImage.r5, textToImage.r10];
    const pictures = judgedPictures();
    const store = await openStore(join(folder, "db"), { model: clip.model, create: true, version: "goals" });
    await putPictures(store, clip, pictures, [...set.files]);
    const { recall, same } = await recallThrough(store, clip, captions);
    yield {
      goal: "Flickr8k test, 5,000 captions through the store: R@1 / 5 / 10",
      asked: `${three(plain)} (eval)`,
      measured: three(recall),
      met: recall.every((share, i) => Math.abs(share - plain[i]) <= SAME),
    };
    yield {
      goal: `as similar a ten by search, ${ONE_BY_ONE} captions one by one`,
      asked: "100.0 %",
      measured: percent(same),
      met: same === 1,
    };
    const files = pictures.split("test");
    const hits = await judgedHits(store, clip, judgedQueries(pictures, files, SEED));
    const words = reliability(hits).error;
    yield {
      goal: "relevance of words, mean distance to the share that is right",
      asked: "≤ 0.03",
      measured: words.toFixed(3),
      met: words <= 0.03,
    };
    const likeness = reliability(await picturePairs(store, clip, pictures, files)).error;
    yield {
      goal: "relevance of pictures, the same",
      asked: "≤ 0.05",
      measured: likeness.toFixed(3),
      met: likeness <= 0.05,
    };
    const answered = bestOf(hits).filter(({ right }) => right > 0);
    const kept = mean(answered.map(({ relevance }) => (relevance >= LEAST_RELEVANCE ? 1 : 0)));
    yield {
      goal: "queries with an answer keep one",
      asked: "≥ 85 %",
      measured: percent(kept),
      met: kept >= 0.85,
    };
    const odd = bestOf(await judgedHits(store, clip, nonsense(pictures, 7).held));
    for (const kind of new Set(odd.map((one) => one.kind))) {
      const own = odd.filter((one) => one.kind === kind);
      const share = mean(own.map(({ relevance }) => (relevance < LEAST_RELEVANCE ? 1 : 0)));
      yield {
        goal: `no good match: ${own.length} × ${kind}`,
        asked: "≥ 50 %",
        measured: percent(share),
        met: share >= 0.5,
      };
    }
    await store[Symbol.asyncDispose]();
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await clip[Symbol.asyncDispose]();
  }
}
