// A rare disease: many normal pictures, one to five of the disease. Who should be looked at first?
import { dot } from "zeroclip";
import { shuffled } from "../seeded.mjs";
import { spread } from "./shown.mjs";
import { auroc, averagePrecision } from "./statistics.mjs";

const COUNTS = [1, 2, 3, 5];
/** Share of the normal pictures that is known; the other normal ones are measured on. */
const KNOWN = 0.6;
/** Fewest pictures of a class: fewer leave next to nothing to measure on. */
const LEAST = 10;

const meanOf = (vectors) => {
  const sum = vectors[0].map((_, d) => vectors.reduce((total, one) => total + one[d], 0));
  const length = Math.hypot(...sum);
  return sum.map((x) => x / length);
};
/** Values to ranks, 0..1, so that two scores can be added. */
const ranks = (values) => {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const found = [];
  for (const [rank, i] of order.entries()) found[i] = rank / Math.max(1, values.length - 1);
  return found;
};

export async function rareClass({ names, truth, features, seed, draws }) {
  const normal = names.findIndex((name) => /^(normal|healthy|no findings?)$/i.test(name));
  if (normal < 0) throw new Error("Expected a class called normal, healthy or no findings.");
  const rows = [];
  const notes = [];
  const countOf = (label) => truth.filter((one) => one === label).length;
  const knownCount = Math.floor(KNOWN * countOf(normal));
  for (const [rare, name] of names.entries()) {
    if (rare === normal) continue;
    const fewest = Math.min(countOf(rare), countOf(normal));
    if (fewest < LEAST) {
      notes.push(
        `${name}: not measured, as it or ${names[normal]} has ${fewest} pictures, and ${LEAST} are needed.`,
      );
      continue;
    }
    for (const count of COUNTS) {
      const areas = { anomaly: [], examples: [], both: [] };
      const precisions = { anomaly: [], examples: [], both: [] };
      let prevalence = 0;
      for (let one = 0; one < 2 * draws; one++) {
        const order = shuffled(truth.length, seed + one);
        const normals = order.filter((i) => truth[i] === normal);
        const cases = order.filter((i) => truth[i] === rare);
        const [known, taught] = [normals.slice(0, knownCount), cases.slice(0, count)];
        // One case among ten, as far as there are pictures: rarer than in the set, commoner than in life.
        const others = normals.slice(knownCount);
        const asked = [...others, ...cases.slice(count, count + Math.max(2, Math.round(others.length / 9)))];
        const is = asked.map((i) => truth[i] === rare);
        prevalence = is.filter(Boolean).length / is.length;
        const middle = meanOf(known.map((i) => features[i]));
        const example = meanOf(taught.map((i) => features[i]));
        const scores = {
          anomaly: asked.map((i) => 1 - Math.max(...known.map((k) => dot(features[i], features[k])))),
          examples: asked.map((i) => dot(features[i], example) - dot(features[i], middle)),
        };
        const [a, b] = [ranks(scores.anomaly), ranks(scores.examples)];
        scores.both = a.map((x, i) => x + b[i]);
        for (const [kind, values] of Object.entries(scores)) {
          areas[kind].push(auroc(values, is));
          precisions[kind].push(averagePrecision(values, is));
        }
      }
      rows.push([
        name,
        count,
        ...["anomaly", "examples", "both"].map((kind) => spread(areas[kind], 2)),
        ...["anomaly", "examples", "both"].map((kind) => spread(precisions[kind], 2)),
        prevalence.toFixed(2),
      ]);
    }
  }
  return {
    title: `A rare class: ${knownCount} normal pictures known and 1 to 5 of the disease, ${2 * draws} draws; mean (least–largest)`,
    columns: [
      "disease",
      "examples",
      "AUROC: unlike any normal",
      "like the examples",
      "both",
      "average precision: unlike any normal",
      "like the examples",
      "both",
      "by chance",
    ],
    rows,
    notes: [...notes, "Few cases are measured on, so the ranges are wide. The leaks above hold here too."],
  };
}
