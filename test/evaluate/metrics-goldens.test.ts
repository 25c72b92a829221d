import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judge, plainProbabilities } from "../../src/evaluate/judge.js";
import {
  auroc,
  expectedCalibrationError,
  falsePositivesAt95,
  mean,
  meanPerClass,
  topKAccuracy,
} from "../../src/evaluate/metrics.js";
import { mcnemar, quantile } from "../../src/evaluate/statistics.js";
import { erfc } from "../../src/math/normal.js";

interface Goldens {
  readonly classification: readonly {
    readonly truth: number[];
    readonly logits: number[][];
    readonly top1: number;
    readonly top5: number;
    readonly meanPerClass: number;
    readonly nll: number;
    readonly brier: number;
    readonly eceWidth: number;
    readonly eceMass: number;
  }[];
  readonly detection: readonly {
    readonly belongs: number[];
    readonly strangers: number[];
    readonly auroc: number;
    readonly fpr95: number;
  }[];
  readonly paired: readonly { onlyFirst: number; onlySecond: number; p: number; method: string }[];
  readonly quantiles: readonly { share: number; value: number }[];
  readonly erfc: readonly { x: number; value: number }[];
}

// Of scikit-learn, scipy and numpy: tools/goldens/metrics.py; the file tells their versions.
const goldens = JSON.parse(readFileSync("test/golden/evaluate/metrics.json", "utf8")) as Goldens;

describe("figures equal those of scikit-learn, scipy and numpy", () => {
  it.each(goldens.classification.map((golden) => [golden.logits[0]!.length, golden] as const))(
    "classification, %i classes",
    (classes, golden) => {
      // Cosines are kept as f32: a hundredth of the logits, so that seven digits remain.
      const scores = {
        images: golden.truth.map(String),
        labels: Array.from({ length: classes }, (_, i) => `${i}`),
        truth: Int32Array.from(golden.truth),
        similarities: Float32Array.from(golden.logits.flat(), (logit) => logit / 100),
        logitScale: 100,
      };
      const { truth, predicted, ranks, confidence, brier, surprise } = judge(
        scores,
        plainProbabilities(scores),
      );
      const rows = Array.from(confidence, (one, i) => ({ confidence: one, right: ranks[i] === 0 }));
      expect(topKAccuracy(ranks, 1)).toBeCloseTo(golden.top1, 12);
      if (classes > 5) expect(topKAccuracy(ranks, 5)).toBeCloseTo(golden.top5, 12);
      expect(meanPerClass(truth, predicted)).toBeCloseTo(golden.meanPerClass, 12);
      expect(mean(surprise)).toBeCloseTo(golden.nll, 5);
      expect(mean(brier)).toBeCloseTo(golden.brier, 5);
      expect(expectedCalibrationError(rows)).toBeCloseTo(golden.eceWidth, 5);
      expect(expectedCalibrationError(rows, "mass")).toBeCloseTo(golden.eceMass, 5);
    },
  );

  it.each(goldens.detection.map((golden, i) => [i, golden] as const))(
    "AUROC and FPR@95, table %i",
    (_i, golden) => {
      expect(auroc(golden.belongs, golden.strangers)).toBeCloseTo(golden.auroc, 12);
      expect(falsePositivesAt95(golden.belongs, golden.strangers)).toBeCloseTo(golden.fpr95, 12);
    },
  );

  it.each(goldens.paired)("McNemar's test, $onlyFirst against $onlySecond", (golden) => {
    const { onlyFirst, onlySecond, p, method } = golden;
    const first = [...Array(onlyFirst).fill(true), ...Array(onlySecond).fill(false), true, false];
    const second = [...Array(onlyFirst).fill(false), ...Array(onlySecond).fill(true), true, false];
    const found = mcnemar(first, second);
    expect(found).toMatchObject({ onlyFirst, onlySecond, method });
    expect(Math.abs(found.p - p)).toBeLessThanOrEqual(1e-10 * p);
  });

  it.each(goldens.quantiles)("quantile $share", ({ share, value }) => {
    expect(
      quantile(
        Array.from({ length: 11 }, (_, i) => (i + 1) ** 2),
        share,
      ),
    ).toBeCloseTo(value, 10);
  });

  it.each(goldens.erfc)("erfc $x", ({ x, value }) => {
    expect(Math.abs(erfc(x) - value)).toBeLessThanOrEqual(1e-11 * value + 1e-300);
  });
});
