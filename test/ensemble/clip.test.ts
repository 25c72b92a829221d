import { describe, expect, it } from "vitest";
import { type CalibrationTarget, calibrationKeys } from "../../src/calibration-store.js";
import type { Encoder } from "../../src/encoder.js";
import { EnsembleClip } from "../../src/ensemble/clip.js";
import { parsePlan } from "../../src/ensemble/file.js";
import { type Member, Members } from "../../src/ensemble/members.js";
import type { Plan } from "../../src/ensemble/plan.js";
import { ClipError } from "../../src/errors.js";
import { calibrateModel } from "../../src/evaluate/calibrate-model.js";
import { collectScores } from "../../src/evaluate/collect.js";
import { judge } from "../../src/evaluate/judge.js";
import type { ImageInput } from "../../src/image/sources.js";
import { softmax } from "../../src/math/softmax.js";
import type { Embedding } from "../../src/math/unit.js";
import { letterEncoder } from "../support/letter-encoder.js";

/** A member that reads letters, counts what it sees and how often it is opened. */
function counted(scale: number, remembers = false) {
  const state = { opened: 0, closed: 0, seen: [] as string[] };
  const open = async (): Promise<Member> => {
    state.opened += 1;
    const letters: Encoder = letterEncoder();
    return {
      model: { ...letters.model, revision: String(scale), logitScale: scale },
      async *encodeImageStream(inputs) {
        const all: ImageInput[] = [];
        for await (const input of inputs) all.push(input);
        state.seen.push(...all.map((input) => (typeof input === "string" ? input : "bytes")));
        const words = all.map((input) => (typeof input === "string" ? input : "ab"));
        for await (const one of letters.encodeImageStream(words))
          yield { ...one, ...(remembers ? { remembered: true as const } : {}) };
      },
      encodeTexts: letters.encodeTexts.bind(letters),
      calibrationFor: async () => ({
        source: "default",
        calibration: { method: "temperature", logitScale: scale },
      }),
      [Symbol.asyncDispose]: async () => {
        state.closed += 1;
      },
    };
  };
  return { state, open };
}

const pair = (weights = [0.5, 0.5]): Plan => ({
  kind: "ensemble",
  models: ["a", "b"],
  weights,
  combine: "probability",
});

async function opened(plan: Plan, memory: "all" | "one" = "all") {
  const members = [counted(2), counted(20)];
  const clip = new EnsembleClip(
    await Members.open(
      members.map(({ open }) => open),
      memory,
    ),
    plan,
  );
  return { clip, states: members.map(({ state }) => state) };
}

describe("an ensemble", () => {
  it("gives the mean of its members' calibrated probabilities, and their mean cosine", async () => {
    const { clip } = await opened(pair([0.25, 0.75]));
    const [answer] = await clip.answerAll(["aab.png"], ["a", "b"]);
    if (answer === undefined || answer instanceof ClipError) throw answer;
    const cosines = [2 / Math.sqrt(5), 1 / Math.sqrt(5)];
    const of = (scale: number): number => softmax(cosines.map((cosine) => scale * cosine))[0]!;
    expect(answer.calibrated).toBe("default");
    expect(answer.predictions[0]).toMatchObject({ label: "a" });
    expect(answer.predictions[0]!.probability).toBeCloseTo(0.25 * of(2) + 0.75 * of(20), 5);
    expect(answer.predictions[0]!.similarity).toBeCloseTo(cosines[0]!, 5);
  });

  it("its vectors are of length 1, and their dot product is the weighted mean of cosines", async () => {
    const { clip } = await opened(pair());
    const [[image], [text]] = await Promise.all([clip.encodeImages(["ab.png"]), clip.encodeTexts(["a"])]);
    if (!image || image instanceof ClipError || !text) throw image;
    expect(image).toHaveLength(52);
    expect(Math.hypot(...image)).toBeCloseTo(1, 5);
    expect(image.reduce((sum, x, i) => sum + x * text[i]!, 0)).toBeCloseTo(Math.SQRT1_2, 5);
  });

  it.each(["all", "one"] as const)("says what a member had in its cache (memory %s)", async (memory) => {
    const flags = async (plan: Plan, second: boolean): Promise<boolean[]> => {
      const members = [counted(2), counted(20, second)].map(({ open }) => open);
      const clip = new EnsembleClip(await Members.open(members, memory), plan);
      const labels = await clip.zeroShotWeights(["a", "b"]);
      const found: boolean[] = [];
      for await (const { remembered } of clip.encodeImageStream(["a.png", "123.png", "ab.png"], { labels }))
        found.push(remembered === true);
      return found;
    };
    expect(await flags(pair(), false)).toEqual([false, false, false]);
    // The second member is not asked for a picture that the first could not read.
    expect(await flags(pair(), true)).toEqual([true, false, true]);
    const cascade: Plan = { kind: "cascade", models: ["a", "b"], thresholds: [0.6] };
    // Of a cascade it sees only what the first was not sure of.
    expect(await flags(cascade, true)).toEqual([false, false, true]);
  });

  it("a bad picture fails alone, a stream is read once for all members", async () => {
    const { clip, states } = await opened(pair());
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array([1, 2]);
    }
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array([1]);
      throw new Error("the line is cut");
    }
    const results = await clip.classifyAll(["a.png", "123.png", stream(), broken()], ["a", "b"]);
    expect(results.map((one) => (one instanceof ClipError ? one.code : one[0]!.label))).toEqual([
      "a",
      "image.decode",
      "a",
      "image.decode",
    ]);
    expect(states[0]!.seen).toEqual(["a.png", "123.png", "bytes"]);
    // What the first could not read is not asked of the second.
    expect(states[1]!.seen).toEqual(["a.png", "bytes"]);
  });

  it("keeps one member in memory where it is told to, and gives the same answers", async () => {
    const images = Array.from({ length: 100 }, (_, i) => `${"ab"[i % 2]}${i}.png`);
    const [all, one] = [await opened(pair()), await opened(pair(), "one")];
    expect(await one.clip.classifyAll(images, ["a", "b"])).toEqual(
      await all.clip.classifyAll(images, ["a", "b"]),
    );
    expect(all.states.map(({ opened: times }) => times)).toEqual([1, 1]);
    for (const { opened: times, closed } of one.states) expect(times - closed).toBeLessThanOrEqual(1);
    expect(one.states.reduce((sum, { opened: times, closed }) => sum + times - closed, 0)).toBe(1);
    await one.clip[Symbol.asyncDispose]();
    expect(one.states.reduce((sum, { opened: times, closed }) => sum + times - closed, 0)).toBe(0);
  });

  it("looks at the free memory where it is not told", async () => {
    const open = counted(1).open;
    expect((await Members.open([open, open], "auto", 2 ** 40)).oneAtATime).toBe(false);
    expect((await Members.open([open, open], "auto", 1)).oneAtATime).toBe(true);
  });

  it("is measured like a model: scores whose softmax are its probabilities", async () => {
    const { clip } = await opened(pair());
    const classes = ["a", "b"].map((label) => ({ id: label, label, images: [`${label}.png`] }));
    const { scores } = await collectScores(clip, classes);
    const judged = judge(scores);
    const answers = await clip.classifyAll(["a.png", "b.png"], ["a", "b"]);
    expect([...judged.predicted]).toEqual([0, 1]);
    for (const [i, answer] of answers.entries()) {
      if (answer instanceof ClipError) throw answer;
      expect(judged.confidence[i]).toBeCloseTo(answer[0]!.probability, 5);
    }
  });

  it.each([
    { at: 0, kind: "picture" },
    { at: 30, kind: "label" },
  ])(
    "a vector of a $kind that has something that is no number is an error, not an answer",
    async ({ at, kind }) => {
      const { clip } = await opened(pair());
      const weights = await clip.zeroShotWeights(["a", "b"]);
      const [image] = await clip.encodeImages(["ab.png"]);
      if (!image || image instanceof ClipError) throw image;
      const vectors = weights.vectors.map((vector) => vector.slice() as Embedding);
      const answer = await clip.answerer({
        ...weights,
        compare: await clip.comparing({ labels: weights.labels, vectors }),
      });
      expect(answer(image).predictions).toHaveLength(2);
      (kind === "picture" ? image : vectors[1]!)[at] = Number.NaN;
      expect(() => answer(image)).toThrow(expect.objectContaining({ code: "runtime.features" }));
    },
  );

  it("is calibrated with a bound to abstain by probability alone, which all its members have", async () => {
    const { clip } = await opened(pair());
    const pictures = Array.from({ length: 120 }, (_, i) => {
      const label = "ab"[i % 2]!;
      const name = `${label.repeat(2 + (i % 5))}${i % 10 === 0 ? "ab"[(i + 1) % 2]!.repeat(9) : "c"}.png`;
      return { name, truth: i % 2, open: () => name };
    });
    const classes = ["a", "b"].map((label) => ({ id: label, label }));
    const set = { name: "letters", kind: "folder", classes, pictures, fingerprint: "none" } as const;
    const { record, separation } = await calibrateModel(clip, set, { outOfSet: ["x.png", "yz.png"] });
    expect(Object.keys(record.keep95!)).toEqual(["probability"]);
    expect(separation!.scores.map(({ by }) => by)).toEqual(["probability"]);
    expect(separation!.scores[0]!.auroc).toBeGreaterThan(0.5);
    const single = await calibrateModel(letterEncoder(), set, { outOfSet: ["x.png", "yz.png"] });
    expect(Object.keys(single.record.keep95!)).toContain("energy");
    expect(single.separation!.scores).toHaveLength(4);
  });

  it("refuses what its members have not in common", async () => {
    const { clip } = await opened(pair());
    const usage = (code: string) => expect.objectContaining({ code });
    await expect(clip.answerAll(["a.png"], ["a", "b"], { abstainBy: "energy" })).rejects.toThrow(
      usage("calibrate.abstain"),
    );
    await expect(clip.classifyAll(["a.png"], ["a", "b"], { viewMode: "best" })).rejects.toThrow(
      usage("usage.view-mode"),
    );
  });
});

describe("a cascade", () => {
  const plan = (threshold: number): Plan => ({
    kind: "cascade",
    models: ["a", "b"],
    thresholds: [threshold],
  });

  it("asks the next model only where the first is not sure", async () => {
    // At scale 2 "a" has p = 1 / (1 + exp(−2)) = 0.88; "ab" 0.5.
    const { clip, states } = await opened(plan(0.8));
    const answers = await clip.classifyAll(["a.png", "aab.png", "b.png"], ["a", "b"]);
    expect(states[0]!.seen).toEqual(["a.png", "aab.png", "b.png"]);
    expect(states[1]!.seen).toEqual(["aab.png"]);
    const first = answers.map((one) => (one instanceof ClipError ? one : one[0]!.probability));
    expect(first[0]).toBeCloseTo(0.8808, 3);
    const cosines = [2 / Math.sqrt(5), 1 / Math.sqrt(5)];
    expect(first[1]).toBeCloseTo(softmax(cosines.map((cosine) => 20 * cosine))[0]!, 4);
  });

  it("has no vectors without labels", async () => {
    const { clip } = await opened(plan(0.8));
    await expect(clip.encodeImages(["a.png"])).rejects.toThrow(
      expect.objectContaining({ code: "usage.ensemble" }),
    );
  });

  it("thresholds decide: 0 asks the first alone, 2 always the next too", async () => {
    const [never, always] = [await opened(plan(0)), await opened(plan(2))];
    await never.clip.classifyAll(["aab.png"], ["a", "b"]);
    await always.clip.classifyAll(["a.png"], ["a", "b"]);
    expect(never.states[1]!.seen).toEqual([]);
    expect(always.states[1]!.seen).toEqual(["a.png"]);
  });
});

describe("the file of an ensemble", () => {
  const good = { kind: "ensemble", models: ["A", "./b"], weights: [1, 3], combine: "logit" };

  it("is read with paths beside it, weights summing to 1", () => {
    expect(parsePlan(JSON.stringify(good), "/models/pair.json")).toEqual({
      kind: "ensemble",
      models: ["A", "/models/b"],
      weights: [0.25, 0.75],
      combine: "logit",
    });
  });

  it("says for which labels and prompts it was fitted, and its scales are called fitted for those alone", async () => {
    const letters = letterEncoder();
    const asked = { labels: ["a", "b"], templates: letters.model.templates };
    const { labels, prompts = "" } = calibrationKeys(asked);
    const told = { ...good, models: ["a", "b"], scales: [2, 20], fittedFor: { labels, prompts } };
    const plan = parsePlan(JSON.stringify(told), "pair.json");
    const { clip } = await opened(plan);
    const source = async (target: CalibrationTarget): Promise<string> =>
      (await clip.calibrationFor(target)).source;
    expect(await source(asked)).toBe("fitted");
    expect(await source({ ...asked, labels: ["b", "a"] })).toBe("fitted");
    expect(await source({ ...asked, labels: ["a", "c"] })).toBe("scale");
    expect(await source({ ...asked, templates: ["the {}"] })).toBe("scale");
    const { fittedFor: _, ...older } = plan;
    const { clip: silent } = await opened(older);
    expect((await silent.calibrationFor(asked)).source).toBe("scale");
    expect(silent.model.revision).toBe(clip.model.revision);
  });

  it.each([
    [JSON.stringify({ ...good, fittedFor: { labels: 1 } }), "model.ensemble"],
    ["{", "model.ensemble"],
    ["[]", "model.ensemble"],
    ['{"kind":"choir"}', "model.ensemble"],
    [JSON.stringify({ ...good, formatVersion: 2 }), "model.ensemble"],
    [JSON.stringify({ ...good, models: ["A", "other.json"] }), "model.ensemble"],
    [JSON.stringify({ ...good, weights: [1] }), "model.ensemble"],
    [JSON.stringify({ ...good, weights: [0, 0] }), "usage.ensemble"],
    [JSON.stringify({ ...good, models: ["A"], weights: [1] }), "usage.ensemble"],
    [JSON.stringify({ ...good, combine: "best" }), "model.ensemble"],
    [JSON.stringify({ ...good, scale: 0 }), "model.ensemble"],
    [JSON.stringify({ ...good, scales: [1, -1] }), "model.ensemble"],
    [JSON.stringify({ kind: "cascade", models: ["A", "B"], thresholds: [] }), "model.ensemble"],
    [JSON.stringify({ kind: "cascade", models: ["A", "B"], thresholds: [3] }), "usage.ensemble"],
  ])("%s is refused", (text, code) => {
    expect(() => parsePlan(text, "pair.json")).toThrow(expect.objectContaining({ code }));
  });
});
