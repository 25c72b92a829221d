// Fits the constants of relevance on Flickr8k val, with half of the queries that nothing fits, and measures them on the test split with
// the other half: `node bench/search/relevance.mjs [--fit] [--split train]`. Without --fit the constants of
// src/search/find/relevance-constants.ts are measured alone; with it, those that were fitted beside them. `--split train` fits on as many
// photos of the training split instead. Needs the data folder (ZEROCLIP_DATA).
import { pathToFileURL } from "node:url";
import { sample } from "../../dist/math/random.js";
import { CONSTANTS, LEAST_RELEVANCE } from "../../dist/search/find/relevance-constants.js";
import { searchStore } from "../../dist/search/find/search.js";
import { openStore } from "../../dist/search/store/open.js";
import { openKept } from "../goals/zeroshot-kept.mjs";
import { agreed, judgedPictures, judgedQueries, nonsense, putPictures } from "./judged.mjs";

/** Hits of a query that are looked at: a page. */
const HITS = 20;
const SEED = 7;
const SHOWN = { k: HITS, minRelevance: 0 };

const logit = (p) => Math.log(p / (1 - p));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Hits of judged queries: relevance, right or not, and which query. */
export async function judgedHits(store, clip, queries) {
  const out = [];
  for (const [query, { kind, text, fits = () => false }] of queries.entries()) {
    const { hits } = await searchStore(store, clip, [{ text, weight: 1 }], SHOWN);
    for (const { path, relevance } of hits) out.push({ query, kind, relevance, right: fits(path) ? 1 : 0 });
  }
  return out;
}

/** The same of pictures: a hit fits when its captions have half of the words that the query's own captions agree on. */
export async function picturePairs(store, clip, pictures, files) {
  const out = [];
  for (const [query, file] of sample(files, 300, SEED).entries()) {
    const words = agreed(pictures, file);
    if (words.length === 0) continue;
    const { hits } = await searchStore(store, clip, [{ like: file, weight: 1 }], SHOWN);
    for (const { path, relevance } of hits) {
      const shared = words.filter((word) => pictures.stems.get(path).has(word)).length;
      out.push({ query, kind: "picture", relevance, right: shared >= words.length / 2 ? 1 : 0 });
    }
  }
  return out;
}

/** Tenths of the hits by relevance: mean relevance and share that is right; and the mean distance of the two. */
export function reliability(hits) {
  const sorted = [...hits].sort((a, b) => a.relevance - b.relevance);
  const bins = Array.from({ length: 10 }, (_, i) =>
    sorted.slice(Math.floor((i * sorted.length) / 10), Math.floor(((i + 1) * sorted.length) / 10)),
  );
  const tenths = bins.map((bin) => ({
    said: mean(bin.map(({ relevance }) => relevance)),
    right: mean(bin.map(({ right }) => right)),
    count: bin.length,
  }));
  const error =
    tenths.reduce((sum, { said, right, count }) => sum + Math.abs(said - right) * count, 0) / hits.length;
  return { tenths, error };
}

/** The best relevance of each query, and whether any of its hits is right. */
export function bestOf(hits) {
  const best = new Map();
  for (const { query, kind, relevance, right } of hits) {
    const before = best.get(query) ?? { kind, relevance: 0, right: 0 };
    best.set(query, { kind, relevance: Math.max(before.relevance, relevance), right: before.right + right });
  }
  return [...best.values()];
}

/** Newton's method for log(p / (1 − p)) = a + b · z. */
function fitted(hits, { intercept, slope }) {
  const z = hits.map(({ relevance }) => (logit(relevance) - intercept) / slope);
  let [a, b] = [0, 0];
  for (let step = 0; step < 50; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-9, 0, 1e-9];
    for (const [i, { right }] of hits.entries()) {
      const p = 1 / (1 + Math.exp(-a - b * z[i]));
      const w = p * (1 - p);
      ga += right - p;
      gb += (right - p) * z[i];
      haa += w;
      hab += w * z[i];
      hbb += w * z[i] * z[i];
    }
    const det = haa * hbb - hab * hab;
    a += (hbb * ga - hab * gb) / det;
    b += (haa * gb - hab * ga) / det;
  }
  return { intercept: a, slope: b };
}

export const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.floor(share * values.length)];
const three = (value) => value.toFixed(3);

function show(name, hits) {
  const { tenths, error } = reliability(hits);
  console.log(`\n${name}: ${hits.length} hits, mean distance ${three(error)}`);
  console.log(`  said  ${tenths.map(({ said }) => three(said)).join(" ")}`);
  console.log(`  right ${tenths.map(({ right }) => three(right)).join(" ")}`);
}

async function storeOf(clip, pictures, files) {
  const store = await openStore("memory:", { model: clip.model, create: true, version: "bench" });
  await putPictures(store, clip, pictures, files);
  return store;
}

/** A relevance by the constants that are there → the same hit's by others. */
function again(p, from, { intercept, slope }) {
  const z = (logit(p) - from.intercept) / from.slope;
  return 1 / (1 + Math.exp(-intercept - slope * z));
}

/** Constants fitted on a split, and the least relevance that goes with them. */
async function fitOn(clip, pictures, split, odd) {
  const all = pictures.split(split);
  const files = split === "val" ? all : sample(all, pictures.split("val").length, SEED);
  const store = await storeOf(clip, pictures, files);
  const judged = await judgedHits(store, clip, judgedQueries(pictures, files, SEED));
  const hits = [...judged, ...(await judgedHits(store, clip, odd.fit))];
  const text = fitted(hits, CONSTANTS.text);
  const picture = fitted(await picturePairs(store, clip, pictures, files), CONSTANTS.picture);
  const answered = bestOf(judged).filter(({ right }) => right > 0);
  const least = quantile(
    answered.map(({ relevance }) => again(relevance, CONSTANTS.text, text)),
    0.1,
  );
  console.log(`fitted on ${files.length} photos of ${split}`, { text, picture, least });
  return { text, picture };
}

async function main(clip, split) {
  const pictures = judgedPictures();
  const odd = nonsense(pictures, SEED);
  const others = split && (await fitOn(clip, pictures, split, odd));
  const files = pictures.split("test");
  const store = await storeOf(clip, pictures, files);
  const hits = await judgedHits(store, clip, judgedQueries(pictures, files, SEED + 1));
  show("test, all text queries", hits);
  for (const kind of new Set(hits.map((hit) => hit.kind)))
    show(
      `test, ${kind}`,
      hits.filter((hit) => hit.kind === kind),
    );
  const likeness = await picturePairs(store, clip, pictures, files);
  show("test, pictures", likeness);
  if (others) {
    const by = (list, kind) =>
      list.map((hit) => ({ ...hit, relevance: again(hit.relevance, CONSTANTS[kind], others[kind]) }));
    show("test, all text queries, as fitted now", by(hits, "text"));
    show("test, pictures, as fitted now", by(likeness, "picture"));
  }
  const answered = bestOf(hits).filter(({ right }) => right > 0);
  const kept = mean(answered.map(({ relevance }) => (relevance >= LEAST_RELEVANCE ? 1 : 0)));
  console.log(`\n${three(kept)} of queries with an answer keep one`);
  const refused = bestOf(await judgedHits(store, clip, odd.held));
  for (const kind of new Set(refused.map((one) => one.kind))) {
    const own = refused.filter((one) => one.kind === kind);
    const share = mean(own.map(({ relevance }) => (relevance < LEAST_RELEVANCE ? 1 : 0)));
    console.log(`${three(share)} of ${own.length} queries of ${kind} are refused`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const clip = await openKept("starter");
  const at = process.argv.indexOf("--split");
  const split = at < 0 ? "val" : process.argv[at + 1];
  await main(clip, process.argv.includes("--fit") ? split : undefined);
  await clip[Symbol.asyncDispose]();
}
