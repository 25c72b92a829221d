// Prompts: several together against the best single one, and a domain's beside the generic ones.
//
// Which template is the best is chosen on one half of the pictures and measured on the other, both ways, ten times: chosen on
// the pictures that measure it, the luckiest of some equals wins, and everything else seems worse than it is. Whether all
// templates count alike or as the pictures weight them is chosen on the same half.
import { halves } from "../../dist/evaluate/calibrate.js";
import { mcnemar } from "../../dist/evaluate/statistics.js";
import { domainTemplates } from "../../dist/zeroshot/domains.js";
import { weighTemplates } from "../../dist/zeroshot/template-weights.js";
import { chestXray, cifar10, clothing, imagenetSample } from "./data.mjs";
import {
  cosinesOf,
  difference,
  inPoints,
  mean,
  openKept,
  percent,
  rightOf,
  setOf,
  vectorsOf,
} from "./zeroshot-kept.mjs";

const REPEATS = 10;
/** Sets on which several prompts have to be the best single one's equal, of the four. */
const ASKED = 3;
/** Of shares that are sums of tenths. */
const ROUNDING = 1e-9;

/** Ways to ask, [ways][pictures] right or not → how often each picture is right by the way that is best on the other half. */
function chosenElsewhere(ways) {
  const n = ways[0].length;
  const right = new Array(n).fill(0);
  for (let repeat = 1; repeat <= REPEATS; repeat++) {
    const [a, b] = halves(n, repeat);
    for (const [fit, held] of [
      [a, b],
      [b, a],
    ]) {
      const shares = ways.map((way) => mean(fit.map((i) => way[i])));
      const best = ways[shares.indexOf(Math.max(...shares))];
      for (const i of held) right[i] += best[i] / REPEATS;
    }
  }
  return right;
}

/** The vectors of a set and what the generic templates have right. */
async function generic(clip, set) {
  const features = await vectorsOf(clip, set);
  const templates = domainTemplates("generic");
  const right = async (asked, more) => rightOf(await cosinesOf(clip, set, features, asked, more));
  const single = [];
  for (const template of templates) single.push(await right([template]));
  const labels = set.classes.map(({ label }) => label);
  const vectors = features.map(({ vector }) => vector);
  const { weights: templateWeights } = await weighTemplates(clip, vectors, labels, templates);
  const [alike, weighted] = [await right(templates), await right(templates, { templateWeights })];
  return { right, templates, single, alike, weighted };
}

async function* together(clip, set, reached) {
  const { single, alike, weighted } = await generic(clip, set);
  const one = chosenElsewhere(single);
  const held = difference(chosenElsewhere([alike, weighted]), one);
  if (held.gain >= -ROUNDING) reached.push(set.name);
  const row = (goal, measured) => ({ goal: `${set.name}: ${goal}`, asked: "—", measured });
  yield row(
    "generic prompts together, less the best single one, both chosen on the other half",
    `${inPoints(held)}; the single one ${percent(mean(one))}`,
  );
  yield row("… all alike", `${inPoints(difference(alike, one))}: ${percent(mean(alike))}`);
  yield row(
    "… weighted without labels",
    `${inPoints(difference(weighted, one))}: ${percent(mean(weighted))}`,
  );
  const usual = alike.map((_, i) => mean(single.map((right) => right[i])));
  yield row("… all alike, less the mean of the single ones", inPoints(difference(alike, usual)));
  const shares = single.map(mean);
  const luckiest = single[shares.indexOf(Math.max(...shares))];
  yield row(
    "… the single one chosen by these very pictures, which flatters it: alike; weighted",
    `${inPoints(difference(alike, luckiest))}; ${inPoints(difference(weighted, luckiest))}`,
  );
}

/** Retail prompts beside the generic ones on clothing. */
async function* domain(clip, set) {
  const { right, templates, alike } = await generic(clip, set);
  const beside = await right([...templates, ...domainTemplates("retail")]);
  const found = difference(beside, alike);
  const { p } = mcnemar(
    beside.map((one) => one === 1),
    alike.map((one) => one === 1),
  );
  yield {
    goal: `${set.name}: retail prompts beside the generic ones`,
    asked: "95 % range above 0",
    measured: `${inPoints(found)}: ${percent(mean(alike))} → ${percent(mean(beside))}; McNemar p = ${p.toPrecision(2)}`,
    met: found.interval.low > 0,
  };
}

export async function* prompts() {
  const clip = await openKept("starter");
  const clothes = await setOf(clothing("test"), "clothing test", "clothing-10");
  const reached = [];
  yield* together(clip, await setOf(imagenetSample(), "imagenet-sample"), reached);
  yield* together(clip, clothes, reached);
  yield* together(clip, await setOf(cifar10(), "CIFAR-10"), reached);
  yield* together(clip, await setOf(chestXray(), "chest X-rays"), reached);
  yield {
    goal: "generic prompts together ≥ the best single one, both chosen on the other half",
    asked: `${ASKED} of 4 sets`,
    measured: `${reached.length}: ${reached.join(", ")}`,
    met: reached.length >= ASKED,
  };
  yield* domain(clip, clothes);
  await clip[Symbol.asyncDispose]();
}
