// What examples bring, and how far answers can be trusted. Drawn pictures teach, all others are measured on.
import { fewshot, withAdapter } from "zeroclip";
import { draw, largest, percent, share, spread } from "./shown.mjs";
import { auroc, calibrationError, foundAt, mean, roc } from "./statistics.mjs";
import { byWords } from "./words.mjs";

const COUNTS = [1, 2, 4, 8, 16];
const TEMPLATES = ["a chest X-ray of {}"];
const METHODS = ["prototypes", "linear-probe", "auto"];

/** Some pictures teach → probabilities [pictures][classes] of others, in the order asked. */
export async function taught({ clip, set, names, features }, drawn, asked, method, seed) {
  const some = { ...set, pictures: drawn.map((i) => set.pictures[i]) };
  const { adapter } = await fewshot(clip, some, { method, seed, templates: TEMPLATES });
  const model = withAdapter(clip, adapter);
  const answer = await model.answerer(await model.zeroShotWeights(names, TEMPLATES));
  return asked.map((i) => {
    const found = new Map(answer(features[i]).predictions.map((one) => [one.label, one.probability]));
    return names.map((name) => found.get(name));
  });
}

export async function fewShot(data) {
  const { names, truth, seed, draws } = data;
  const rows = [];
  for (const method of METHODS)
    for (const count of COUNTS) {
      const [shares, areas] = [[], []];
      for (let one = 0; one < draws; one++) {
        const { drawn, rest } = draw(truth, count, seed + one);
        const all = await taught(data, drawn, rest, method, seed + one);
        shares.push(mean(rest.map((i, at) => Number(largest(all[at]) === truth[i]))));
        areas.push(
          mean(
            names.map((_, k) =>
              auroc(
                all.map((row) => row[k]),
                rest.map((i) => truth[i] === k),
              ),
            ),
          ),
        );
      }
      rows.push([
        method,
        count,
        spread(
          shares.map((one) => 100 * one),
          1,
        ),
        spread(areas),
      ]);
    }
  return {
    title: `Examples: ${draws} draws each, measured on all other pictures; mean (least–largest)`,
    columns: ["method", "examples a class", "right, %", "AUROC, mean"],
    rows,
  };
}

/** One draw of 16 examples a class, for what follows. */
async function sixteen(data) {
  const { drawn, rest } = draw(data.truth, 16, data.seed);
  return { rest, all: await taught(data, drawn, rest, "linear-probe", data.seed) };
}

export async function confusion(data) {
  const { names, truth } = data;
  const { rest, all } = await sixteen(data);
  const said = all.map(largest);
  const rows = names.map((name, k) => {
    const own = rest.map((i) => truth[i] === k);
    const counts = names.map((_, other) => said.filter((one, at) => own[at] && one === other).length);
    const cases = own.filter(Boolean).length;
    const others = rest.length - cases;
    const refused = said.filter((one, at) => !own[at] && one !== k).length;
    const scores = all.map((row) => row[k]);
    const area = auroc(scores, own);
    const points = roc(scores, own);
    return [
      name,
      ...counts,
      share(counts[k], cases),
      share(refused, others),
      area.toFixed(3),
      percent(foundAt(points, 0.1)),
    ];
  });
  return {
    title: `16 examples a class (linear probe, one draw): ${rest.length} other pictures`,
    columns: [
      "it is",
      ...names.map((name) => `told ${name}`),
      "sensitivity (95 %)",
      "specificity (95 %)",
      "AUROC",
      "found at 10 % false alarms",
    ],
    rows,
  };
}

/** Share of the most certain answers that are kept. */
const KEPT = [1, 0.9, 0.8, 0.6];

export async function calibration(data) {
  const { names, truth } = data;
  const { rest, all } = await sixteen(data);
  const words = await byWords(data, names, TEMPLATES);
  const measure = (rows) => {
    const right = rows.map((row, at) => largest(row) === truth[rest[at]]);
    const sure = rows.map((row) => Math.max(...row));
    // Half of the pictures fix the thresholds; the others are measured on.
    const [fixing, measured] = [0, 1].map((half) => [...rest.keys()].filter((at) => at % 2 === half));
    const sorted = fixing.map((at) => sure[at]).sort((a, b) => b - a);
    const at = KEPT.map((kept) => {
      const least = kept === 1 ? 0 : sorted[Math.ceil(kept * sorted.length) - 1];
      const answered = measured.filter((one) => sure[one] >= least);
      const hits = answered.filter((one) => right[one]).length;
      return `${percent(answered.length / measured.length)}: ${share(hits, answered.length)}`;
    });
    return [calibrationError(sure, right).toFixed(3), ...at];
  };
  return {
    title:
      "How sure it is: calibration error, and answers that are given while the rest is left to people (answered: right of those)",
    columns: ["answers by", "error", ...KEPT.map((kept) => `meant to answer ${percent(kept)}`)],
    rows: [
      ["words alone", ...measure(rest.map((i) => words[i]))],
      ["16 examples a class", ...measure(all)],
    ],
  };
}

export async function subgroups(data) {
  const { truth, facts } = data;
  const { rest, all } = await sixteen(data);
  const order = rest.map((i) => facts[i].brightness).sort((a, b) => a - b);
  const third = (share) => order[Math.floor(share * (order.length - 1))];
  const [dark, bright] = [third(1 / 3), third(2 / 3)];
  const groups = {
    dark: (x) => x < dark,
    middle: (x) => x >= dark && x < bright,
    bright: (x) => x >= bright,
  };
  const rows = Object.entries(groups).map(([name, holds]) => {
    const own = [...rest.keys()].filter((at) => holds(facts[rest[at]].brightness));
    return [
      name,
      own.length,
      share(own.filter((at) => largest(all[at]) === truth[rest[at]]).length, own.length),
    ];
  });
  return {
    title: "Subgroups: thirds by mean brightness",
    columns: ["pictures", "how many", "right (95 %)"],
    rows,
    notes: [
      "Age, sex, machine and hospital of these pictures are not known, so nobody can say for whom it fails. Brightness stands in for them here only to show the table that a hospital has to make.",
    ],
  };
}
