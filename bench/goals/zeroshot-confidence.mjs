// Confidence that means something. What is fitted on a measuring split is fitted on one half, measured on the other, and
// thrown away; clothing is fitted on its validation split.
import { calibrate, halves, measureCalibration, separate } from "../../dist/evaluate/calibrate.js";
import { collectScores } from "../../dist/evaluate/collect.js";
import { readLabelledFolder } from "../../dist/evaluate/labelled-folder.js";
import { negativeWeights } from "../../dist/zeroshot/confidence/abstain.js";
import { probabilitiesOf } from "../../dist/zeroshot/confidence/calibration.js";
import { conformalSets, fitConformal } from "../../dist/zeroshot/confidence/conformal.js";
import { rowOf } from "../../dist/zeroshot/scores.js";
import { chestXray, cifar10, clothing, imagenetSample } from "./data.mjs";
import { mean, openKept } from "./zeroshot-kept.mjs";

const SPLITS = 20;

/** Share of conformal sets that hold the truth, over random halves. */
function coverages(scores, coverage) {
  const { calibration } = calibrate(scores);
  const rows = Array.from(scores.truth, (_, i) =>
    probabilitiesOf(rowOf(scores, i), calibration, scores.labels),
  );
  return Array.from({ length: SPLITS }, (_, seed) => {
    const [fit, test] = halves(rows.length, seed + 1);
    const truths = (positions) => positions.map((i) => scores.truth[i]);
    const conformal = fitConformal(
      fit.map((i) => rows[i]),
      truths(fit),
      scores.labels,
      { seed },
    );
    const sets = conformalSets(conformal, coverage, scores.labels);
    const held = test.filter((i) => sets.of(rows[i]).includes(scores.truth[i]));
    return held.length / test.length;
  });
}

export async function* confidence() {
  const clip = await openKept("starter");
  const scoresOf = async (folder) => (await collectScores(clip, await readLabelledFolder(folder))).scores;

  const halved = (goal, { before, after }) => ({
    goal: `${goal}: ECE halved`,
    asked: `≤ ${(before.ece / 2).toFixed(3)}`,
    measured: `${before.ece.toFixed(3)} → ${after.ece.toFixed(3)}`,
    met: after.ece <= before.ece / 2,
  });
  const sets = {
    "imagenet-sample": await scoresOf(imagenetSample()),
    "CIFAR-10": await scoresOf(cifar10()),
    "chest X-rays": await scoresOf(chestXray()),
  };
  for (const [name, scores] of Object.entries(sets)) {
    const { heldOut } = calibrate(scores);
    yield halved(`${name}, ${heldOut.repeats} × both halves`, heldOut);
  }
  const test = await scoresOf(clothing("test"));
  const validation = await scoresOf(clothing("validation"));
  const fitted = calibrate(validation).calibration;
  yield halved("clothing, fitted on validation, measured on test", measureCalibration(test, fitted));

  // What no picture of the set had a part in: told, not counted. A scale carries over where sets are alike.
  const { logitScale } = calibrate(validation, { method: "temperature" }).calibration;
  for (const [name, scores] of Object.entries(sets)) {
    for (const [whose, scale] of [
      ["clothing's validation split", logitScale],
      ["the model, measured across sets", clip.model.measuredLogitScale],
    ]) {
      const { before, after } = measureCalibration(scores, { method: "temperature", logitScale: scale });
      yield {
        goal: `${name}: ECE with the temperature of ${whose}`,
        asked: "—",
        measured: `${before.ece.toFixed(3)} → ${after.ece.toFixed(3)}`,
      };
    }
  }

  for (const [name, scores] of Object.entries({ ...sets, clothing: test })) {
    const covered = mean(coverages(scores, 0.9));
    yield {
      goal: `${name}: conformal coverage, mean of ${SPLITS} splits`,
      asked: "0.90 ± 0.02",
      measured: covered.toFixed(3),
      met: Math.abs(covered - 0.9) <= 0.02,
    };
  }

  const classes = await readLabelledFolder(clothing("test"));
  const weights = await clip.zeroShotWeights(classes.map(({ label }) => label));
  const negatives = await negativeWeights(weights, (words) => clip.zeroShotWeights(words));
  const cosines = async (folder) => {
    const own = await readLabelledFolder(folder);
    const vectors = await clip.encodeImages(own.flatMap(({ images }) => images));
    const withLabels = (vector, { vectors: labels }) =>
      Float32Array.from(labels, (label) => label.reduce((sum, value, i) => sum + value * vector[i], 0));
    return vectors.map((vector) => ({
      labels: withLabels(vector, weights),
      negatives: withLabels(vector, negatives),
    }));
  };
  const found = separate(
    await cosines(clothing("test")),
    await cosines(imagenetSample()),
    fitted,
    weights.labels,
  );
  for (const { by, auroc, fpr95 } of found) {
    yield {
      goal: `clothing against imagenet-sample, abstaining by ${by}: AUROC`,
      asked: "≥ 0.80",
      measured: `${auroc.toFixed(3)} (FPR@95 ${fpr95.toFixed(3)})`,
      met: auroc >= 0.8,
    };
  }
  await clip[Symbol.asyncDispose]();
}
