import { describe, expect, it } from "vitest";
import type { Budget, Candidate } from "../../src/advise/candidate.js";
import { choose, type Decision, type Limits } from "../../src/advise/choose.js";
import { candidate, measuredAt, VARIANTS } from "./tables.js";

const MACHINE: Limits = { machineBytes: 16e9 };
const MB = 1e6;

const lossOf = ({ losses }: Decision, model: string) => losses.find((loss) => loss.candidate.model === model);
const named = (name: string): Candidate => VARIANTS.find(({ model }) => model === name)!;

describe("a budget and nothing else", () => {
  it.each([
    ["low", "RN50"],
    ["medium", "ViT-B/32"],
    ["high", "ViT-L/14"],
  ] as const)("%s is %s", (budget, model) => {
    const decision = choose(VARIANTS, budget, MACHINE);
    expect(decision.choice?.candidate.model).toBe(model);
    expect(decision.losses.map((loss) => loss.candidate.model)).toEqual(
      VARIANTS.map((one) => one.model).filter((name) => name !== model),
    );
  });

  it("says why each other loses", () => {
    const decision = choose(VARIANTS, "medium", MACHINE);
    expect(
      Object.fromEntries(decision.losses.map(({ candidate: { model }, kind }) => [model, kind])),
    ).toEqual({
      starter: "unknown",
      RN50: "dominated",
      RN101: "dominated",
      "ViT-L/14": "budget",
      "ViT-L/14@336px": "budget",
    });
    expect(lossOf(decision, "RN50")?.reason).toBe("slower (1.8 times the time) and 3.5 points less accurate");
    expect(lossOf(decision, "ViT-L/14")?.reason).toMatch(
      /^over the budget "medium": 710 ms a picture where 110 ms are/,
    );
  });

  it("gives way to a form that beats it in everything", () => {
    const int8 = candidate("ViT-B/32@int8", [25, 18, 18], 285, 0.62, { state: "here" });
    const decision = choose([...VARIANTS, int8], "low", MACHINE);
    expect(decision.choice?.candidate.model).toBe("ViT-B/32@int8");
    expect(decision.why).toMatch(/beats RN50, which a low budget stands for, in accuracy, time and memory/);
    expect(lossOf(decision, "RN50")?.kind).toBe("dominated");
  });

  it("offline takes what is here, and says what is not", () => {
    const decision = choose(VARIANTS, "high", { ...MACHINE, offline: true });
    expect(decision.choice?.candidate.model).toBe("starter");
    expect(decision.why).toMatch(/is not known/);
    expect(lossOf(decision, "ViT-L/14")?.kind).toBe("offline");
  });

  it("never more than the machine has", () => {
    const decision = choose(VARIANTS, "high", { machineBytes: 2e9 });
    expect(decision.choice?.candidate.model).toBe("ViT-B/32");
    expect(lossOf(decision, "ViT-L/14")?.reason).toMatch(/over 80\.0 % of this machine's 2\.0 GB/);
  });
});

/** Three tables whose right answer is plain to the eye. */
describe("constructed cases", () => {
  it("1: own pictures turn the published order round", () => {
    const table = [
      measuredAt(named("starter"), 0.91),
      measuredAt(named("RN50"), 0.7),
      measuredAt(named("ViT-B/32"), 0.84),
      named("ViT-L/14"),
    ];
    const decision = choose(table, "high", MACHINE);
    expect(decision.choice?.candidate.model).toBe("starter");
    expect(decision.why).toMatch(/91\.0 % on mine, measured/);
    expect(lossOf(decision, "ViT-B/32")?.reason).toBe(
      "slower (3.8 times the time) and 7.0 points less accurate",
    );
    expect(lossOf(decision, "ViT-L/14")?.reason).toMatch(
      /other pictures only \(75\.5 % on ImageNet, published/,
    );
    expect(decision.onFront).toEqual([true, false, false, false]);
  });

  it("2: a latency lets only the small batch of a middle model in", () => {
    const decision = choose(VARIANTS, "high", { ...MACHINE, latencyMs: 100 });
    expect(decision.choice).toMatchObject({ candidate: { model: "ViT-B/32" }, at: { batch: 1 } });
    expect(lossOf(decision, "ViT-L/14")?.reason).toBe("takes 800 ms at batch 1, over the limit of 100 ms");
    expect(lossOf(decision, "RN50")?.kind).toBe("dominated");
  });

  it("3: a day's pictures rule out batch 1 and the large models, memory the rest", () => {
    // 1,400,000 pictures a day: 43.2 ms a picture at most.
    const limits = { ...MACHINE, picturesPerDay: 1_400_000 };
    const decision = choose(VARIANTS, "high", limits);
    expect(decision.choice).toMatchObject({ candidate: { model: "ViT-B/32" }, at: { batch: 32 } });
    expect(lossOf(decision, "RN101")?.kind).toBe("pace");
    const tight = choose(VARIANTS, "high", { ...limits, memoryBytes: 670 * MB });
    expect(tight.choice?.candidate.model).toBe("starter");
    expect(lossOf(tight, "ViT-B/32")?.reason).toMatch(/needs 675 MB, over the limit of 670 MB|takes 55 ms/);
  });
});

describe("small differences and views", () => {
  it("half a point is not worth more time", () => {
    const table = [measuredAt(named("RN50"), 0.803), measuredAt(named("ViT-B/32"), 0.8)];
    const decision = choose(table, "medium", MACHINE);
    expect(decision.choice?.candidate.model).toBe("ViT-B/32");
    expect(decision.losses[0]).toMatchObject({ kind: "small-gain" });
  });

  it("views that gain are taken while the budget allows them", () => {
    const b32 = measuredAt(named("ViT-B/32"), 0.8);
    const flip = { ...candidate("ViT-B/32", [110, 80, 76], 660), state: "here", views: "flip" } as const;
    const table = [b32, measuredAt(flip, 0.83), VARIANTS[2]!];
    expect(choose(table, "medium", MACHINE).choice?.candidate.views).toBe("flip");
    expect(choose(table, "medium", { ...MACHINE, latencyMs: 60 }).choice?.candidate.views).toBe("center");
  });

  it("a larger batch is taken only where it saves time", () => {
    const flat = [measuredAt(candidate("ViT-B/32", [40, 39.5, 39], 650), 0.8)];
    expect(choose(flat, "high", MACHINE).choice?.at.batch).toBe(1);
    const steep = [measuredAt(candidate("ViT-B/32", [55, 40, 39.5], 650), 0.8)];
    expect(choose(steep, "high", MACHINE).choice?.at.batch).toBe(8);
  });
});

describe("nothing fits", () => {
  it("says what is nearest and which limit lets it in", () => {
    const limits = { ...MACHINE, memoryBytes: 250 * MB };
    const decision = choose(VARIANTS, "medium", limits);
    expect(decision.choice).toBeUndefined();
    expect(decision.nearest).toMatchObject({
      candidate: { model: "starter" },
      at: { batch: 1 },
      raise: [{ limit: "memory", to: 300 * MB, words: "raise the memory to 300 MB" }],
    });
    expect(decision.why).toBe(
      "Nothing fits; the nearest is starter at batch 1, with 12 ms a picture and 300 MB: raise the memory to 300 MB.",
    );
    expect(decision.losses).toHaveLength(VARIANTS.length);
    expect(choose(VARIANTS, "medium", { ...limits, memoryBytes: 300 * MB }).choice?.candidate.model).toBe(
      "starter",
    );
  });

  it("names every limit that has to be raised", () => {
    const table = [named("ViT-L/14")];
    const limits = { ...MACHINE, latencyMs: 10, picturesPerDay: 1e6, memoryBytes: 1e9 };
    const { nearest } = choose(table, "high", limits);
    const to = Object.fromEntries(nearest!.raise.map((one) => [one.limit, Number(one.to)]));
    expect(Object.keys(to).sort()).toEqual(["latency", "memory", "pace"]);
    const raised = {
      ...MACHINE,
      latencyMs: to.latency!,
      picturesPerDay: to.pace!,
      memoryBytes: to.memory!,
    };
    expect(choose(table, "high", raised).choice?.at.batch).toBe(nearest!.at.batch);
  });

  it("names the budget where that is what is in the way", () => {
    const table = [named("RN50"), measuredAt(named("ViT-L/14"), 0.7)];
    const decision = choose(table, "low", { ...MACHINE, offline: true });
    expect(decision.nearest).toMatchObject({ candidate: { model: "ViT-L/14" }, raise: [{ to: "high" }] });
    expect(choose(table, "high", { ...MACHINE, offline: true }).choice?.candidate.model).toBe("ViT-L/14");
  });

  it("an empty table, and a table without figures, are answered in words", () => {
    expect(choose([], "low", MACHINE)).toMatchObject({ why: "There is nothing to choose from.", losses: [] });
    const decision = choose([candidate("RN50", Number.NaN, 1, 0.6)], "low", MACHINE);
    expect(decision.losses[0]).toMatchObject({
      kind: "unknown",
      reason: "its time and memory are not known",
    });
  });
});

it.each([
  [{ ...MACHINE, memoryBytes: 0 }],
  [{ ...MACHINE, latencyMs: -1 }],
  [{ ...MACHINE, picturesPerDay: Number.NaN }],
  [{ machineBytes: Number.POSITIVE_INFINITY }],
])("refuses limits that are none: %o", (limits) => {
  expect(() => choose(VARIANTS, "low", limits)).toThrow(expect.objectContaining({ code: "advise.limits" }));
});

it("refuses a budget that is none", () => {
  expect(() => choose(VARIANTS, "lavish" as Budget, MACHINE)).toThrow(
    /Expected low, medium, high as the budget/,
  );
});

it("an accuracy that is no share is not known", () => {
  const table = [candidate("RN50", 70, 460, Number.NaN), candidate("ViT-B/32", 40, 655, 63.3)];
  const decision = choose(table, "medium", MACHINE);
  expect(decision.why).toMatch(/is not known/);
  expect(decision.onFront).toEqual([false, false]);
});
