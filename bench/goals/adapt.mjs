// Learning from a handful: `npm run goals -- adapt [--only curve,partly,unlabelled,suggest]`; resisting attacks is in adapt-robust.mjs. Pictures to learn from are training splits; clothing's test
// split is only measured on.

import { logitsOfAll } from "../../dist/fewshot/bulk.js";
import { learningCurve } from "../../dist/fewshot/curve.js";
import { fitHead } from "../../dist/fewshot/fit.js";
import { products } from "../../dist/fewshot/matrix.js";
import { drawShots, pickShots } from "../../dist/fewshot/shots.js";
import { ROBUST } from "./adapt-robust.mjs";
import { shotsOf } from "./adapt-shots.mjs";
import { suggest } from "./adapt-suggest.mjs";
import { unlabelled } from "./adapt-unlabelled.mjs";
import { clothing, tinyImagenet } from "./data.mjs";
import { partsAsked } from "./parts.mjs";
import { mean, openKept, percent, points, setOf } from "./zeroshot-kept.mjs";

const COUNTS = [1, 2, 4, 8, 16];
const SEEDS = 3;
const say = (text) => process.stderr.write(`${text}\n`);

/** Clothing's pictures to learn from, and those to measure on. */
async function clothes(clip) {
  const from = await shotsOf(clip, await setOf(clothing("train"), "clothing"));
  return { from, on: await shotsOf(clip, await setOf(clothing("test"), "clothing")) };
}

/** Pictures of some of Tiny-ImageNet's kinds. */
async function kindsOf(clip, count, seed) {
  const whole = await setOf(tinyImagenet(), "Tiny-ImageNet", "imagenet-1k");
  const chosen = drawShots(
    whole.classes.map(() => 0),
    count,
    seed,
  );
  const at = new Map(chosen.map((label, i) => [label, i]));
  return shotsOf(clip, {
    ...whole,
    classes: chosen.map((label) => whole.classes[label]),
    pictures: whole.pictures
      .filter(({ truth }) => at.has(truth))
      .map((picture) => ({ ...picture, truth: at.get(picture.truth) })),
  });
}

/** Accuracy on clothing's test split by the number of pictures a label. */
async function* curve(clip) {
  const { from, on } = await clothes(clip);
  const methods = ["auto", "tip-adapter", "tip-adapter-f"];
  const found = await learningCurve(from, on, {
    ...{ methods, counts: COUNTS, seeds: SEEDS },
    onProgress: ({ method, done, total }) => done === total && say(`clothing: ${method}`),
  });
  const of = (method) =>
    COUNTS.map((count) => found.points.find((one) => one.method === method && one.shots === count));
  const shown = (list) =>
    list
      .map(
        ({ shots, accuracy, interval }) =>
          `${shots}: ${percent(accuracy)} (${percent(interval.low)}–${percent(interval.high)})`,
      )
      .join(", ");
  const auto = of("auto");
  for (const [count, asked] of [
    [16, 0.2],
    [4, 0.1],
  ]) {
    const { accuracy } = auto.find(({ shots }) => shots === count);
    yield {
      goal: `clothing test, ${count} pictures a label, to the words alone`,
      asked: `${points(asked)} points`,
      measured: `${percent(found.zeroShot)} → ${percent(accuracy)}: ${points(accuracy - found.zeroShot)} points`,
      met: accuracy - found.zeroShot >= asked,
    };
  }
  const [plain, trained] = [of("tip-adapter"), of("tip-adapter-f")];
  yield {
    goal: "Tip-Adapter-F to Tip-Adapter, mean over the curve",
    asked: "no worse",
    measured: `${shown(plain)} → ${shown(trained)}`,
    met: mean(trained.map(({ accuracy }) => accuracy)) >= mean(plain.map(({ accuracy }) => accuracy)),
  };
  yield { goal: "curve of auto, 3 seeds", asked: "shown", measured: shown(auto) };
  const slowest = Math.max(...found.points.map(({ seconds }) => seconds));
  yield {
    goal: "fitting from cached vectors, the slowest of all",
    asked: "< 60 s",
    measured: `${slowest.toFixed(1)} s`,
    met: slowest < 60,
  };
}

/** How many labels there are, how many of them have pictures, and how many pictures those have. */
const [ALL, SEEN, EACH] = [100, 10, 16];

/** A hundred kinds, ten of which have labelled pictures: accuracy on those, on the others, and the harmonic mean. */
async function* partly(clip) {
  const rows = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const all = await kindsOf(clip, ALL, seed);
    const learnt = new Set(drawShots(all.truth, EACH, seed).filter((i) => all.truth[i] < SEEN));
    const from = pickShots(all, [...learnt]);
    // The first ten of a drawn hundred; what they are measured on is none of what they learnt from.
    const on = pickShots(
      all,
      [...all.truth.keys()].filter((i) => !learnt.has(i)),
    );
    const cosines = await products(on.features, on.texts);
    const { head, shift, method } = await fitHead(from, { seed });
    say(`100 kinds, 10 with pictures, seed ${seed}: ${method}, shift ${shift.toFixed(2)}`);
    const logits = await logitsOfAll(head, on.features, cosines, on.logitScale);
    const share = (scores, less, wanted) => {
      const right = [];
      for (const [i, label] of on.truth.entries()) {
        if (label < SEEN !== wanted) continue;
        const row = scores.slice(i * ALL, (i + 1) * ALL).map((x, k) => (k < SEEN ? x - less : x));
        right.push(Number(row.indexOf(Math.max(...row)) === label));
      }
      return mean(right);
    };
    const both = (scores, less) => {
      const [seen, unseen] = [share(scores, less, true), share(scores, less, false)];
      return { seen, unseen, harmonic: (2 * seen * unseen) / (seen + unseen) };
    };
    rows.push({ words: both(cosines, 0), greedy: both(logits, 0), shifted: both(logits, shift) });
  }
  const of = (which) => (key) => mean(rows.map((row) => row[which][key]));
  const shown = (which) => ["seen", "unseen", "harmonic"].map((key) => percent(of(which)(key))).join(" / ");
  yield {
    goal: "100 kinds, 10 with 16 pictures: seen / unseen / harmonic mean",
    asked: "harmonic mean above the words' and above the head's without a shift",
    measured: `words ${shown("words")}; head ${shown("greedy")}; shifted ${shown("shifted")}`,
    met:
      of("shifted")("harmonic") > of("words")("harmonic") &&
      of("shifted")("harmonic") >= of("greedy")("harmonic"),
  };
}

/** Parts that need pictures alone, as they ask for them. */
const pictures = (clip) => ({ clothes: () => clothes(clip), tiny: (count) => kindsOf(clip, count, 1) });

const PARTS = {
  curve,
  partly,
  unlabelled: (clip) => unlabelled(pictures(clip)),
  suggest: (clip) => suggest(pictures(clip)),
  ...ROBUST,
};

export async function* measure(args) {
  const names = partsAsked(PARTS, args);
  const clip = await openKept("starter");
  try {
    for (const name of names) yield* PARTS[name](clip);
  } finally {
    await clip[Symbol.asyncDispose]();
  }
}
