import { describe, expect, it } from "vitest";
import { logitsOfAll } from "../../src/fewshot/bulk.js";
import { fitHead } from "../../src/fewshot/fit.js";
import { logitsOf } from "../../src/fewshot/head.js";
import { judge } from "../../src/fewshot/judge.js";
import { numpy, products, startJax } from "../../src/fewshot/matrix.js";
import { crossEntropy, oneHot } from "../../src/fewshot/methods/loss.js";
import { METHODS, UNLABELLED_METHODS } from "../../src/fewshot/methods/method.js";
import { fitMixture, mixtureHead } from "../../src/fewshot/methods/mixture.js";
import { evenBias } from "../../src/fewshot/methods/prior-matching.js";
import { votes } from "../../src/fewshot/methods/tip-adapter.js";
import { confidenceOf, probabilitiesOf } from "../../src/fewshot/probabilities.js";
import { flat } from "../../src/fewshot/rows.js";
import { drawShots, foldsOf, pickShots } from "../../src/fewshot/shots.js";
import { unit } from "../../src/math/unit.js";
import { scene } from "./scene.js";

const { train, test, pooled } = scene();
const width = train.labels.length;

describe("methods", () => {
  it.each(METHODS)(
    "%s: one picture and many have the same logits, and the same seed the same head",
    async (method) => {
      const first = await fitHead(pooled, { method, seed: 3 });
      expect(await fitHead(pooled, { method, seed: 3 })).toEqual(first);
      const cosines = await products(test.features, test.texts);
      const all = await logitsOfAll(first.head, test.features, cosines, test.logitScale);
      for (const [i, image] of test.features.slice(0, 5).entries()) {
        const one = logitsOf(
          first.head,
          image,
          cosines.subarray(i * width, (i + 1) * width),
          test.logitScale,
        );
        for (const [c, logit] of one.entries()) expect(logit).toBeCloseTo(all[i * width + c]!, 3);
      }
    },
  );

  it.each(METHODS.filter((method) => method !== "zero-shot" && method !== "prior-matching"))(
    "%s beats the words on other pictures",
    async (method) => {
      const cosines = await products(test.features, test.texts);
      const words = judge(cosines, test.truth, width).accuracy;
      const { head } = await fitHead(pooled, { method });
      const learnt = judge(
        await logitsOfAll(head, test.features, cosines, test.logitScale),
        test.truth,
        width,
      );
      expect(words).toBeLessThan(0.95);
      expect(learnt.accuracy).toBeGreaterThan(words);
    },
  );

  it("auto takes the best on held-out pictures, where words alone are never worse", async () => {
    const { heldOut, method } = await fitHead(train);
    expect(heldOut[0]!.method).toBe(method);
    const accuracies = heldOut.map(({ accuracy }) => accuracy);
    expect(accuracies[0]).toBe(Math.max(...accuracies));
    expect(heldOut.map(({ method }) => method)).toContain("zero-shot");
  });

  it("words that need no help stay as they are", async () => {
    const { train: easy } = scene({ off: 0, spread: 0.2, each: 4 });
    const { heldOut } = await fitHead(easy);
    expect(heldOut[0]!.accuracy).toBe(1);
  });

  it("one picture a label is enough for each method", async () => {
    const one = pickShots(pooled, drawShots(train.truth, 1, 1));
    for (const method of METHODS) {
      const { head, scale } = await fitHead(one, { method });
      expect(Number.isFinite(scale)).toBe(true);
      const cosines = await products(test.features, test.texts);
      const logits = await logitsOfAll(head, test.features, cosines, test.logitScale);
      expect(logits.every(Number.isFinite)).toBe(true);
    }
  });

  it("a picture leaves the cache before it is named: its own vote is not counted", () => {
    const affinity = Float32Array.of(1, 0.5, 0.5, 1);
    const sums = votes(affinity, Int32Array.of(0, 1), 2, 2);
    expect([...sums]).toEqual([0, Math.fround(Math.exp(-1)), Math.fround(Math.exp(-1)), 0]);
  });
});

describe("pictures without labels", () => {
  const alone = { ...pooled, features: [], truth: new Int32Array(0) };
  // Words that are near to everything, as those of some labels are.
  const middle = test.features[0]!.map((_, d) => test.features.reduce((sum, one) => sum + one[d]!, 0));
  const texts = test.texts.map((text, k) =>
    k === 0 ? unit(text.map((x, d) => x + 0.15 * middle[d]!)) : text,
  );

  it.each(UNLABELLED_METHODS)("%s: they alone bring more than the words", async (method) => {
    const cosines = await products(test.features, texts);
    const words = judge(cosines, test.truth, width).accuracy;
    const { head, heldOut, scale } = await fitHead({ ...alone, texts }, { method });
    const logits = await logitsOfAll(head, test.features, cosines, test.logitScale);
    expect(judge(logits, test.truth, width).accuracy).toBeGreaterThan(words);
    expect(heldOut).toEqual([]);
    // As sure as the words are, on average over the pictures that were learnt from.
    const own = await products(pooled.unlabelled!, texts);
    const sure = (some: Float32Array): number => confidenceOf(some, width);
    const learnt = await logitsOfAll(head, pooled.unlabelled!, own, test.logitScale);
    expect(sure(learnt.map((x) => scale * x))).toBeCloseTo(sure(own.map((x) => test.logitScale * x)), 1);
  });

  it("prior matching makes labels equally probable on average", async () => {
    const cosines = await products(pooled.unlabelled!, test.texts);
    const logits = cosines.map((x) => test.logitScale * x);
    const bias = evenBias(logits, width);
    const all = probabilitiesOf(
      logits.map((x, i) => x + bias[i % width]!),
      width,
    );
    for (let k = 0; k < width; k++) {
      const share = all
        .filter((_, i) => i % width === k)
        .reduce((sum, p) => sum + (p * width) / all.length, 0);
      expect(share).toBeCloseTo(1 / width, 3);
    }
  });

  it("a mixture's head says what its normal distributions say", () => {
    const groups = [
      {
        features: test.features.map((one) => Float32Array.from(one)),
        weights: oneHot(test.truth, width),
        share: 1,
      },
    ];
    const mixture = fitMixture(groups, test.texts);
    const head = mixtureHead(mixture, 0);
    const image = test.features[0]!;
    const said = logitsOf(head, image, new Float32Array(width), 1);
    const exact = mixture.means.map((mean) =>
      mean.reduce((sum, x, d) => sum - (0.5 * (image[d]! - x) ** 2) / mixture.spread[d]!, 0),
    );
    for (let k = 1; k < width; k++) expect(said[k]! - said[0]!).toBeCloseTo(exact[k]! - exact[0]!, 2);
    const label = test.truth[0]!;
    const own = test.features.filter((_, i) => test.truth[i] === label);
    expect(mixture.means[label]![3]).toBeCloseTo(
      own.reduce((sum, one) => sum + one[3]! / own.length, 0),
      5,
    );
  });

  it("auto tries what learns from them, where there are labelled pictures to choose by", async () => {
    const { heldOut } = await fitHead(pooled);
    expect(heldOut.map(({ method }) => method)).toEqual(expect.arrayContaining([...UNLABELLED_METHODS]));
    const plain = await fitHead(train);
    expect(plain.heldOut.map(({ method }) => method)).not.toContain("transductive");
  });

  it.each([
    [alone, "auto", "usage.fewshot", /--method prior-matching or transductive where no picture has a label/],
    [train, "transductive", "usage.fewshot", /pictures without labels \(--unlabelled\) for transductive/],
    [
      { ...alone, unlabelled: [pooled.unlabelled![0]!.map(() => Number.NaN) as never] },
      "transductive",
      "fewshot.shots",
      /finite vectors/,
    ],
  ] as const)("what is missing is said", async (shots, method, code, message) => {
    await expect(fitHead(shots, { method })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it("all alike are learnt from without a fault", async () => {
    const alike = { ...alone, unlabelled: pooled.unlabelled!.map(() => pooled.unlabelled![0]!) };
    const { head } = await fitHead(alike, { method: "transductive" });
    const cosines = await products(test.features, test.texts);
    expect((await logitsOfAll(head, test.features, cosines, 20)).every(Number.isFinite)).toBe(true);
  });
});

describe("gradients", () => {
  it("agree with finite differences", async () => {
    await startJax();
    const { train: small } = scene({ labels: 3, each: 2, dim: 6 });
    const count = small.features.length;
    const start = flat(small.features);
    using slope = crossEntropy(
      small,
      ([keys], features, [values]) => {
        const near = numpy.exp(numpy.matmul(features, numpy.transpose(keys!)).sub(1).mul(3));
        return numpy.matmul(near, values!).mul(4);
      },
      [{ values: oneHot(small.truth, 3), rows: count }],
    );
    const at = async (values: Float32Array): Promise<[number, Float32Array]> => {
      const [loss, [gradient]] = slope([
        numpy.array(values as Float32Array<ArrayBuffer>).reshape([count, 6]),
      ]);
      return [((await loss.data()) as Float32Array)[0]!, (await gradient!.data()) as Float32Array];
    };
    const [, gradient] = await at(start.slice());
    for (const i of [0, 7, 20, 35]) {
      const [up, down] = [start.slice(), start.slice()];
      up[i]! += 1e-2;
      down[i]! -= 1e-2;
      const difference = ((await at(up))[0] - (await at(down))[0]) / 2e-2;
      expect(gradient[i]).toBeCloseTo(difference, 3);
    }
  });
});

describe("shots", () => {
  it("are drawn evenly, by the seed", () => {
    const drawn = drawShots(train.truth, 3, 7);
    expect(drawn).toEqual(drawShots(train.truth, 3, 7));
    expect(drawn).not.toEqual(drawShots(train.truth, 3, 8));
    for (let label = 0; label < width; label++)
      expect(drawn.filter((i) => train.truth[i] === label)).toHaveLength(3);
  });

  it("are held out once each; a label's only picture never", () => {
    const folds = foldsOf([0, 0, 0, 1, 1, 2], 4, 1);
    expect([...folds].filter((fold) => fold < 0)).toHaveLength(1);
    expect(folds[5]).toBe(-1);
    expect(new Set(folds.slice(0, 3)).size).toBe(3);
  });

  it.each([
    ["no picture", { ...train, features: [], truth: new Int32Array(0) }, /at least one labelled picture/],
    ["one label", { ...train, labels: ["a"], texts: train.texts.slice(0, 1) }, /at least two labels/],
    [
      "labels that there are not",
      { ...train, truth: train.truth.map(() => 9) },
      /labels from 0 to 4 but received 9/,
    ],
    [
      "vectors that are no numbers",
      { ...train, features: train.features.map((one) => one.map(() => Number.NaN) as typeof one) },
      /finite vectors of 32 numbers/,
    ],
    [
      "vectors of another length",
      { ...train, features: train.features.map((one) => one.slice(1) as typeof one) },
      /finite vectors of 32 numbers/,
    ],
  ])("%s: fewshot.shots", async (_, shots, message) => {
    await expect(fitHead(shots)).rejects.toMatchObject({
      code: "fewshot.shots",
      message: expect.stringMatching(message),
    });
  });

  it("a method that there is not, and an end by its caller", async () => {
    await expect(fitHead(train, { method: "magic" as never })).rejects.toMatchObject({
      code: "usage.fewshot",
    });
    await expect(
      fitHead(train, { method: "linear-probe", signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "aborted" });
  });

  it("all alike are learnt from without a fault", async () => {
    const alike = { ...train, features: train.features.map(() => train.features[0]!) };
    const { heldOut } = await fitHead(alike);
    expect(heldOut.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
});

describe("labels without pictures", () => {
  it("are not swallowed by those with pictures", async () => {
    const { train: many, test: others } = scene({ labels: 12, each: 8, dim: 24, off: 0.7 });
    const seen = [0, 1, 2];
    const some = pickShots(
      many,
      [...many.truth.keys()].filter((i) => seen.includes(many.truth[i]!)),
    );
    const { head, shift } = await fitHead(some, { method: "linear-probe" });
    const count = many.labels.length;
    const cosines = await products(others.features, others.texts);
    const logits = await logitsOfAll(head, others.features, cosines, others.logitScale);
    const unseen = [...others.truth.keys()].filter((i) => !seen.includes(others.truth[i]!));
    const right = (shifted: number): number => {
      const rows = unseen.map((i) => {
        const row = logits
          .slice(i * count, (i + 1) * count)
          .map((x, k) => (seen.includes(k) ? x - shifted : x));
        return row.indexOf(Math.max(...row)) === others.truth[i];
      });
      return rows.filter(Boolean).length;
    };
    expect(shift).toBeGreaterThanOrEqual(0);
    expect(right(shift)).toBeGreaterThanOrEqual(right(0));
  });
});
