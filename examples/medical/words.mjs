// What words alone can do. All prompts that were tried are shown: with 300 pictures the best of many would be luck.
import { predict } from "zeroclip";
import { largest, percent, share } from "./shown.mjs";
import { auroc, mean } from "./statistics.mjs";

const PLAIN = ["a photo of {}"];
const MEDICAL = ["a chest X-ray of {}"];
/** In the manner of CLIP's prompt ensembles. */
const ENSEMBLE = [
  "a chest X-ray of {}",
  "a chest X-ray showing {}",
  "a frontal chest radiograph with {}",
  "an X-ray of the lungs of a patient with {}",
  "a radiograph of the thorax: {}",
  "findings: {}",
  "impression: {}",
  "a black and white X-ray picture of a chest with {}",
];
/** What a radiologist would write, for classes of these names. */
const NORMAL = "clear, healthy lungs without opacities";
const WORDS = {
  normal: NORMAL,
  healthy: NORMAL,
  nofindings: NORMAL,
  pneumonia: "pneumonia, with a lobar consolidation",
  covid19: "COVID-19, with bilateral peripheral ground-glass opacities",
};
const wordsOf = (name) => WORDS[name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")] ?? name;

/** Probabilities [n][classes] by some words. */
export async function byWords({ clip, features }, labels, templates) {
  const weights = await clip.zeroShotWeights(labels, templates);
  return features.map((image) => {
    const found = new Map(
      predict(image, weights, clip.model.logitScale).map(({ label, probability }) => [label, probability]),
    );
    return weights.labels.map((label) => found.get(label));
  });
}

export async function zeroShot(data) {
  const { names, truth } = data;
  const rows = [];
  for (const [title, labels, templates] of [
    ["names, as of a photo", names, PLAIN],
    ["names, one medical prompt", names, MEDICAL],
    ["names, ensemble of 8", names, ENSEMBLE],
    ["descriptions, one medical prompt", names.map(wordsOf), MEDICAL],
    ["descriptions, ensemble of 8", names.map(wordsOf), ENSEMBLE],
  ]) {
    const all = await byWords(data, labels, templates);
    const right = all.filter((row, i) => largest(row) === truth[i]).length;
    const most = Math.max(...names.map((_, k) => all.filter((row) => largest(row) === k).length));
    const areas = names.map((_, k) =>
      auroc(
        all.map((row) => row[k]),
        truth.map((label) => label === k),
      ),
    );
    rows.push([title, share(right, truth.length), mean(areas).toFixed(3), percent(most / truth.length)]);
  }
  return {
    title: `Words alone: ${truth.length} X-rays of ${names.join(", ")}; guessing is right in ${percent(1 / names.length)}`,
    columns: ["prompts", "right (95 %)", "AUROC, mean", "told the same"],
    rows,
  };
}
