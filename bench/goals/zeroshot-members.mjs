// Ensembles and cascades of the starter and models that are cut out of it. What is fitted is fitted on one half and measured on
// the other, ten times.
import { measureCascade, measureEnsemble } from "../../dist/evaluate/members.js";
import { loadClip } from "../../dist/index.js";
import { cifar10, imagenetSample, tinyImagenet } from "./data.mjs";
import { cutModel } from "./zeroshot-cut.mjs";
import {
  cosinesOf,
  difference,
  inPoints,
  openKept,
  percent,
  points,
  range,
  rightOf,
  setOf,
  vectorsOf,
} from "./zeroshot-kept.mjs";

const scoresOf = async (clip, set) => cosinesOf(clip, set, await vectorsOf(clip, set));

async function opened(...models) {
  const clips = [];
  for (const model of models) clips.push(await openKept(model));
  return clips;
}

const close = async (clips) => {
  for (const clip of clips) await clip[Symbol.asyncDispose]();
};

function verdictOf({ low, high }) {
  if (low > 0) return "beats it";
  return high < 0 ? "worse" : "not beyond chance";
}

/** Two models together against the better one. */
export async function* ensembles() {
  const clips = await opened("starter", await cutModel("lite2", 260), await cutModel("lite1", 240));
  const [starter, lite2, lite1] = clips;
  const cifar = await setOf(cifar10(), "CIFAR-10");
  // Fitting among 1,000 labels takes minutes: the pair that the starter is made of alone is measured there.
  for (const [title, members, sets] of [
    [
      "its two towers as two models",
      [lite2, lite1],
      [await setOf(imagenetSample(), "imagenet-sample"), cifar],
    ],
    ["the starter and its smaller tower", [starter, lite1], [cifar]],
  ]) {
    for (const set of sets) {
      const scores = [];
      for (const clip of members) scores.push(await scoresOf(clip, set));
      for (const combine of ["probability", "logit"]) {
        const { alone, together, gain, interval } = measureEnsemble(scores, combine);
        yield {
          goal: `${title}, ${combine}, ${set.name}`,
          asked: "beats the better one, or by how much not",
          measured: `${alone.map(percent).join(", ")} → ${percent(together)}: ${points(gain)} points ${range(interval)}, ${verdictOf(interval)}`,
          met: Number.isFinite(gain) && Number.isFinite(interval.low) && Number.isFinite(interval.high),
        };
      }
    }
  }
  await close(clips);
}

const ROUNDS = 7;

/** Seconds a picture of each model, file to vector: the best of some rounds, the models in turn, nothing kept. */
async function secondsOf(models, folder) {
  const { pictures } = await setOf(folder, "times");
  const inputs = pictures.filter((_, i) => i % 60 === 0).map((picture) => picture.open());
  const clips = [];
  for (const model of models) clips.push(await loadClip(model, { calibration: false }));
  const best = clips.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [m, clip] of clips.entries()) {
      const began = performance.now();
      await clip.encodeImages(inputs);
      best[m] = Math.min(best[m], (performance.now() - began) / inputs.length / 1000);
    }
  }
  await close(clips);
  return best;
}

/** What may be lost against the large model, and what has to be saved of its time. */
const DROP = 0.005;
const SAVED = 0.3;

/** Of Tiny-ImageNet's 30 pictures a class every third: 2,020 in all, so that half a point is five of a half. */
async function tiny() {
  const set = await setOf(tinyImagenet(), "Tiny-ImageNet", "imagenet-1k");
  return { ...set, pictures: set.pictures.filter((_, i) => i % 3 === 0) };
}

/**
 * A cheap model answers where it is sure enough, else the starter does. The set that counts is the one of many pictures; its
 * training classes' pictures trained the heads of both models. Of the other, half a point is two pictures of a half.
 */
export async function* cascade() {
  const models = [await cutModel("lite1", 160), "starter"];
  const seconds = await secondsOf(models, imagenetSample());
  const clips = await opened(...models);
  for (const [set, counts] of [
    [await tiny(), true],
    [await setOf(imagenetSample(), "imagenet-sample"), false],
  ]) {
    const scores = [];
    for (const clip of clips) scores.push(await scoresOf(clip, set));
    for (const { met, ...row } of rowsOf(set.name, scores, seconds)) yield counts ? { ...row, met } : row;
  }
  await close(clips);
}

function rowsOf(name, scores, seconds) {
  const [small, large] = scores.map(rightOf);
  const better = difference(large, small);
  const { together, gain, interval, seen, saved, expected } = measureCascade(scores, seconds, { drop: DROP });
  const lost = [-gain, -interval.high, -interval.low].map((share) => (100 * share).toFixed(2));
  return [
    {
      goal: `cascade, ${name}: how much better the starter is than its Lite1 at 160 pixels`,
      asked: "95 % range above 0",
      measured: inPoints(better),
      met: better.interval.low > 0,
    },
    {
      goal: `cascade, ${name}: points lost against the starter`,
      asked: `≤ ${(100 * DROP).toFixed(1)}`,
      measured: `${lost[0]} (${lost[1]} to ${lost[2]}): ${percent(together)}`,
      met: -gain <= DROP,
    },
    {
      goal: `cascade, ${name}: time saved`,
      asked: `≥ ${percent(SAVED)}`,
      measured: `${percent(saved)}; ${percent(seen[1])} of the pictures go on; ${seconds.map((one) => (1000 * one).toFixed(1)).join(" and ")} ms a picture`,
      met: saved >= SAVED,
    },
    {
      goal: `cascade, ${name}: the one that is kept, on the pictures that it is fitted on`,
      asked: `≤ ${(100 * DROP).toFixed(1)} points with confidence ${expected.confidence}`,
      measured: `${(100 * expected.drop).toFixed(2)} points lost, at most ${(100 * expected.bound).toFixed(2)}; ${percent(expected.saved)} of the time saved`,
      met: expected.bound <= DROP,
    },
  ];
}
