// Resisting attacks: `npm run goals -- adapt --only robust,robust-fare,robust-writing,robust-defences,robust-corruptions`. What is
// trained is trained on clothing's training split and on Tiny-ImageNet, and kept beside the unpacked data; clothing's test split and CIFAR-10
// are only measured on.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_TRAINING } from "../../dist/robust/train/options.js";
import { IMAGENET_80 } from "../../dist/zeroshot/data/imagenet-templates.js";
import { clothes, figures, SEED, say, trained } from "./adapt-trained.mjs";
import { writing } from "./adapt-writing.mjs";
import { cifar10, tinyImagenet } from "./data.mjs";
import { percent, points, setOf } from "./zeroshot-kept.mjs";

/** Sizes and steps that two cores train in some ten minutes, chosen on clothing's validation split. */
const SMALL = {
  ...DEFAULT_TRAINING,
  size: 48,
  seed: SEED,
  updates: 400,
  batch: 32,
  rate: 3e-4,
  attackSteps: 3,
  epsilon: 3,
  lookEvery: 50,
  patience: 10,
};
const TRAININGS = {
  tecoa: { ...SMALL, method: "tecoa" },
  fare: { ...SMALL, method: "fare" },
};

/** What pictures a method learns from: TeCoA needs their labels, FARE none. */
async function trainingSet(method) {
  const own = await clothes("train");
  if (method === "tecoa") return own;
  const tiny = await setOf(tinyImagenet(), "Tiny-ImageNet", "imagenet-1k");
  // Every tenth of a sorted list: some of every class.
  const more = tiny.pictures.filter((_, i) => i % 10 === 0).map((picture) => ({ ...picture, truth: 0 }));
  return { ...own, name: "clothing and Tiny-ImageNet", pictures: [...own.pictures, ...more] };
}

const taught = (method) => trained(method, TRAININGS[method], () => trainingSet(method));

const rowOf = (found, attack, epsilon) =>
  found.adversarial.rows.find((row) => row.attack === attack && row.epsilon === epsilon).right.share;

async function* robust(method) {
  const set = await clothes("test");
  const all = set.pictures.length;
  const attacked = {
    ...{ parts: ["adversarial"], epsilons: [1, 2], pictures: all, attacked: all },
    attacks: ["noise", "fgsm", "pgd", "square"],
  };
  const before = await figures("starter", set, {
    ...attacked,
    epsilons: [2],
    attacks: ["pgd"],
    attacked: 24,
  });
  const clean = before.clean.share;
  say(`starter: clean ${percent(clean)}, PGD-10 2/255 ${percent(rowOf(before, "pgd", 2))}`);
  const folder = await taught(method);
  const after = await figures(folder, set, attacked);
  const kept = rowOf(after, "pgd", 2);
  const lost = clean - after.clean.share;
  const { looks } = JSON.parse(readFileSync(join(folder, "zeroclip.json"), "utf8")).robust;
  const words = `${percent(rowOf(before, "pgd", 2))} → ${percent(kept)}, ${percent(kept / clean)} of clean ${percent(clean)}`;
  yield {
    goal: `starter after ${method.toUpperCase()} (${looks.at(-1).update} updates), PGD-10 2/255, clothing test`,
    asked: "≥ 40 % of clean",
    measured: words,
    met: kept >= 0.4 * clean,
  };
  yield {
    goal: "… its clean accuracy",
    asked: "≤ 8 points less",
    measured: `${percent(clean)} → ${percent(after.clean.share)}: ${points(-lost)} points`,
    met: lost <= 0.08,
  };
  const [square, fgsm, noise, smaller] = [
    rowOf(after, "square", 2),
    rowOf(after, "fgsm", 2),
    rowOf(after, "noise", 2),
    rowOf(after, "pgd", 1),
  ];
  yield {
    goal: "… attacks are in order: PGD ≤ FGSM, PGD ≤ Square, 2/255 ≤ 1/255 ≤ noise",
    asked: "so",
    measured: `PGD ${percent(kept)}, FGSM ${percent(fgsm)}, Square ${percent(square)}, PGD 1/255 ${percent(smaller)}, noise ${percent(noise)}`,
    met: kept <= fgsm && kept <= square && kept <= smaller && smaller <= noise,
  };
  const other = await setOf(cifar10(), "CIFAR-10");
  const few = { parts: ["adversarial"], epsilons: [2], attacks: ["pgd"], pictures: 300, attacked: 300 };
  const [was, is] = [
    await figures("starter", other, { ...few, parts: [] }),
    await figures(folder, other, few),
  ];
  yield {
    goal: "… CIFAR-10, which it was not trained on: clean before and after, PGD-10 2/255",
    asked: "shown",
    measured: `${percent(was.clean.share)} → ${percent(is.clean.share)}, ${percent(rowOf(is, "pgd", 2))}`,
  };
  yield {
    goal: "published, not measured here: mean zero-shot clean and 2/255, ViT-B/32",
    asked: "shown",
    measured: "TeCoA 1/255 53.1 %, 26.6 %; FARE 1/255 60.5 %, 20.1 % (github.com/chs20/RobustVLM)",
  };
}

async function* corruptions() {
  const set = await clothes("test");
  for (const model of ["starter", ...(await Promise.all(["tecoa"].map(taught)))]) {
    const found = await figures(model, set, { parts: ["corruptions"], pictures: 40 });
    const { cleanError, meanError } = found.corruptions;
    yield {
      goal: `mean corruption error, ${model === "starter" ? model : "after TeCoA"}, 40 pictures of clothing test`,
      asked: "shown",
      measured: `${percent(meanError)} (as they are ${percent(cleanError)})`,
    };
  }
}

/** How many photos are attacked: a step through a defence takes four to six looks at each. */
const DEFENDED = [
  ["the starter", () => "starter", 32],
  ["after TeCoA", () => taught("tecoa"), 128],
];

async function* defences() {
  const set = await clothes("test");
  const outside = await setOf(cifar10(), "CIFAR-10");
  for (const [title, model, attacked] of DEFENDED) {
    const folder = await model();
    const options = { epsilons: [2], pictures: attacked, attacked };
    const all = { ...options, outside, parts: ["defences", "detection"] };
    const { clean, defences, detection } = await figures(folder, set, all);
    const three = (row) =>
      [row.clean, row.unaware, row.adaptive].map(({ share }) => percent(share)).join(", ");
    yield {
      goal: `${title}, ${attacked} photos of clothing test: clean, under PGD-10 2/255`,
      asked: "shown",
      measured: `${percent(clean.share)}, ${percent(defences.attacked.share)}`,
    };
    for (const row of defences.rows)
      yield {
        goal: `… ${row.defence}: clean, under PGD that does not know it, that does`,
        asked: "shown",
        measured: three(row),
      };
    for (const [name, templates] of Object.entries({
      "one prompt": ["a photo of a {}."],
      "80 prompts": IMAGENET_80,
    })) {
      const attack = { ...options, parts: ["adversarial"], attacks: ["pgd"], templates };
      const { adversarial } = await figures(folder, set, attack);
      yield {
        goal: `… ${name} a label: clean, under PGD-10 2/255 on those`,
        asked: "shown",
        measured: `${percent(adversarial.clean.share)}, ${percent(adversarial.rows[0].right.share)}`,
      };
    }
    for (const strangers of new Set(detection.map((row) => row.strangers)))
      yield {
        goal: `… ${STRANGERS[strangers]} found out, AUROC`,
        asked: "shown",
        measured: detection
          .filter((row) => row.strangers === strangers)
          .map(({ by, auroc }) => `${by} ${auroc.toFixed(3)}`)
          .join(", "),
      };
  }
}

const STRANGERS = {
  outside: "CIFAR-10 among them",
  attacked: "attacked photos",
  "attacked-adaptive": "photos attacked by who knows the detector",
};

export const ROBUST = {
  robust: () => robust("tecoa"),
  "robust-fare": () => robust("fare"),
  "robust-writing": writing,
  "robust-defences": defences,
  "robust-corruptions": corruptions,
};
