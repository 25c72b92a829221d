// What pictures without labels bring: learnt from training splits whose labels are not looked at, measured on others.
import { logitsOfAll } from "../../dist/fewshot/bulk.js";
import { fitHead } from "../../dist/fewshot/fit.js";
import { products } from "../../dist/fewshot/matrix.js";
import { drawShots, pickShots, shuffled } from "../../dist/fewshot/shots.js";
import { answers, rightOf } from "./adapt-shots.mjs";
import { difference, inPoints, mean, percent } from "./zeroshot-kept.mjs";

const METHODS = ["prior-matching", "transductive"];
const KINDS = 100;

/** Learnt from one list of pictures without their labels, measured on another: [pictures] 1 where right. */
async function without(pool, on, method) {
  const shots = { ...on, features: [], truth: new Int32Array(0), unlabelled: pool.features };
  const { head } = await fitHead(shots, { method });
  const cosines = await products(on.features, on.texts);
  return rightOf(await logitsOfAll(head, on.features, cosines, on.logitScale), on);
}

/** `clothes`: training and test pictures; `tiny`: all of Tiny-ImageNet's. */
export async function* unlabelled({ clothes, tiny }) {
  const { from, on } = await clothes();
  const all = await tiny(KINDS);
  const halves = shuffled(all.truth.length, 1);
  const half = (part) =>
    pickShots(
      all,
      halves.filter((_, i) => i % 2 === part),
    );
  for (const [name, pool, asked] of [
    ["clothing: 400 training pictures without their labels, measured on test", from, on],
    [
      `Tiny-ImageNet, ${KINDS} kinds: half of the pictures without labels, measured on the others`,
      half(0),
      half(1),
    ],
  ]) {
    const words = rightOf(await products(asked.features, asked.texts), asked);
    for (const method of METHODS) {
      const found = await without(pool, asked, method);
      process.stderr.write(`${method}: ${percent(mean(words))} → ${percent(mean(found))}\n`);
      const gained = difference(found, words);
      yield {
        goal: `${name}: ${method}`,
        asked: "more than the words",
        measured: `${percent(mean(words))} → ${percent(mean(found))}: ${inPoints(gained)}`,
        met: gained.interval.low > 0,
      };
    }
  }
  const rows = [];
  for (const count of [1, 4]) {
    const [plain, more] = [[], []];
    for (let seed = 1; seed <= 3; seed++) {
      const drawn = new Set(drawShots(from.truth, count, seed));
      const shots = pickShots(from, [...drawn]);
      const rest = pickShots(
        from,
        [...from.truth.keys()].filter((i) => !drawn.has(i)),
      );
      plain.push(mean((await answers(shots, on, { method: "auto", seed })).right));
      const both = { ...shots, unlabelled: rest.features };
      more.push(mean((await answers(both, on, { method: "transductive", seed })).right));
    }
    process.stderr.write(`${count} a label: ${percent(mean(plain))} → ${percent(mean(more))}\n`);
    rows.push(`${count}: ${percent(mean(plain))} → ${percent(mean(more))}`);
  }
  yield {
    goal: "clothing test, labelled pictures a label: auto → transductive with the other training pictures unlabelled",
    asked: "shown",
    measured: rows.join(", "),
  };
}
