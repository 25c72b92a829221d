// Which pictures to label next: suggested ones against ones drawn at random, on the same pools and with the same learner. What counts was
// chosen on clothing's validation split; the figures are of its test split.

import { products } from "../../dist/fewshot/matrix.js";
import { probabilitiesOf } from "../../dist/fewshot/probabilities.js";
import { pickShots, shuffled } from "../../dist/fewshot/shots.js";
import { suggestNext } from "../../dist/fewshot/suggest.js";
import { answers, logitsBy } from "./adapt-shots.mjs";
import { difference, inPoints, mean, percent } from "./zeroshot-kept.mjs";

/** Labelled pictures in all; at each of them the next ones are chosen. */
const BUDGETS = [10, 20, 40, 80];
const SEEDS = 5;
const LEARNER = "prototypes";
/** Each label has so many times the pictures of the next: as in a shop, some are rare. */
const FALL = 0.72;

/** Pictures that the model is unsure of first, as well. */
const UNSURE = { unsure: 1, different: 1, typical: 1, even: true };

/** Three quarters of the pictures, or a long tail of them, by the seed. */
function poolOf(from, seed, isUneven) {
  const order = shuffled(from.truth.length, seed);
  if (!isUneven) return pickShots(from, order.slice(0, Math.round(0.75 * order.length)));
  const places = shuffled(from.labels.length, seed);
  const counts = from.labels.map(() => 0);
  for (const label of from.truth) counts[label] += 1;
  const taken = from.labels.map(() => 0);
  return pickShots(
    from,
    order.filter((i) => {
      const label = from.truth[i];
      taken[label] += 1;
      return taken[label] <= Math.round(counts[label] * FALL ** places.indexOf(label));
    }),
  );
}

/** What is thought of the pictures of a pool after some of them were labelled. */
async function thoughts(fitted, known, open) {
  if (fitted === undefined) {
    const cosines = await products(open.features, open.texts);
    return probabilitiesOf(
      cosines.map((x) => open.logitScale * x),
      open.labels.length,
    );
  }
  const logits = await logitsBy(fitted, known, open);
  return probabilitiesOf(
    logits.map((x) => fitted.scale * x),
    open.labels.length,
  );
}

/** [budgets] of [pictures] 1 where right, with labels chosen by suggestion, or at random. */
async function labelled(pool, on, seed, way) {
  const found = [];
  let chosen = [];
  let fitted;
  for (const budget of BUDGETS) {
    const known = pickShots(pool, chosen);
    const left = shuffled(pool.truth.length, seed + 1000).filter((i) => !chosen.includes(i));
    const count = budget - chosen.length;
    if (way === "random") chosen = [...chosen, ...left.slice(0, count)];
    else {
      const open = pickShots(pool, left);
      const next = await suggestNext(open.features, await thoughts(fitted, known, open), known, {
        count,
        ...(way === "unsure" ? { weights: UNSURE } : {}),
      });
      chosen = [...chosen, ...next.map(({ position }) => left[position])];
    }
    fitted = await answers(pickShots(pool, chosen), on, { method: LEARNER, seed });
    found.push(fitted.right);
  }
  return found;
}

/** Both ways on the same pools: [budgets] of all pictures of all seeds. */
async function compared(from, on, isUneven) {
  const found = { random: [], suggested: [], unsure: [] };
  for (const way of Object.keys(found)) found[way] = BUDGETS.map(() => []);
  for (let seed = 1; seed <= SEEDS; seed++) {
    const pool = poolOf(from, seed, isUneven);
    for (const way of Object.keys(found))
      for (const [b, right] of (await labelled(pool, on, seed, way)).entries()) found[way][b].push(...right);
  }
  return found;
}

export async function* suggest({ clothes }) {
  const { from, on } = await clothes();
  for (const [name, isUneven] of [
    ["as many of each kind", false],
    ["some kinds rare", true],
  ]) {
    const { random, suggested, unsure } = await compared(from, on, isUneven);
    const gained = difference(suggested.flat(), random.flat());
    const shown = (all) => BUDGETS.map((budget, b) => `${budget}: ${percent(mean(all[b]))}`).join(", ");
    yield {
      goal: `clothing test, labels of suggested pictures to labels of random ones, mean over the curve, ${SEEDS} pools, ${name}`,
      asked: "more, with its 95 % range",
      measured: `${inPoints(gained)}; random ${shown(random)}; suggested ${shown(suggested)}; the unsure first ${shown(unsure)}`,
      met: gained.interval.low > 0,
    };
  }
}
