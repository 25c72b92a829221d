import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MOST_TRIES } from "../../src/advise/busy.js";
import { candidatesOf } from "../../src/advise/candidates.js";
import type { Instruments, Measurement } from "../../src/advise/instruments.js";
import type { PresentModel } from "../../src/advise/present.js";
import { presentModels } from "../../src/advise/present.js";
import { type ProbeOptions, probe } from "../../src/advise/probe.js";
import { ClipError } from "../../src/errors.js";
import { findEntry } from "../../src/models/registry.js";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "zeroclip-advise-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const STARTER: PresentModel = {
  model: "starter",
  variant: "starter",
  precision: "int8",
  key: "starter-key",
  ready: true,
};
const B32: PresentModel = {
  model: "ViT-B/32",
  variant: "ViT-B/32",
  precision: "fp32",
  key: "b32-key",
  ready: true,
  entry: findEntry("ViT-B/32")!,
};

const MEASURED: Measurement = {
  batches: [
    { batch: 1, ms: 50, memoryBytes: 650e6 },
    { batch: 8, ms: 40, memoryBytes: 680e6 },
  ],
};

/** Instruments that note what they are asked. */
function instruments(
  measure?: Instruments["measure"],
  others = 0,
): Instruments & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    others: async () => others,
    async rates() {
      asked.push("rates");
      return { fp32: 200, int8: 700 };
    },
    async measure(model, options) {
      asked.push(model.model);
      return measure ? measure(model, options) : MEASURED;
    },
  };
}

const ask = (options: Partial<ProbeOptions> & { instruments: Instruments }) =>
  probe({ home, models: [STARTER, B32], ...options });

describe("the probe", () => {
  it("measures each form once, and remembers it for the machine", async () => {
    const first = instruments();
    const found = await ask({ instruments: first });
    expect(first.asked).toEqual(["rates", "starter", "ViT-B/32", "rates"]);
    expect(found).toMatchObject({ device: "cpu", rates: { fp32: 200, int8: 700 }, missed: {} });
    expect(found.models["b32-key"]).toEqual(MEASURED);
    const again = instruments();
    const known = await ask({ instruments: again });
    expect(again.asked).toEqual([]);
    expect(known.seconds).toBe(0);
    expect(known.models).toEqual(found.models);
  });

  it("on a busy machine says so, measures again the next times, and keeps the best", async () => {
    const batch = (ms: number): Measurement => ({
      batches: [{ batch: 1, ms, slowestMs: 2 * ms, memoryBytes: 1e8 }],
    });
    const models = [STARTER];
    const at = async (ms: number, others: number) => {
      const own = instruments(async () => batch(ms), others);
      const found = await ask({ models, instruments: own });
      return { found, asked: own.asked, ms: found.models["starter-key"]?.batches[0]?.ms };
    };
    const first = await at(50, 0.4);
    expect(first.found.others).toBe(0.4);
    const second = await at(80, 0.5);
    expect(second.asked).toContain("starter");
    expect(second.ms).toBe(50);
    const quiet = await at(60, 0);
    expect(quiet.ms).toBe(60);
    expect(quiet.found.others).toBeUndefined();
    expect((await at(10, 0)).asked).toEqual([]);
  });

  it("takes what an always busy machine gives after some tries", async () => {
    for (let tries = 1; tries <= MOST_TRIES + 1; tries++) {
      const own = instruments(undefined, 0.9);
      const found = await ask({ models: [STARTER], instruments: own });
      expect(own.asked.length > 0).toBe(tries <= MOST_TRIES);
      expect(found.others).toBe(0.9);
    }
  });

  it.each([
    ["another form", { models: [{ ...STARTER, key: "other" }] }, ["starter"]],
    ["another number of threads", { threads: 1, models: [STARTER] }, ["rates", "starter", "rates"]],
    ["asked for", { fresh: true, models: [STARTER] }, ["rates", "starter", "rates"]],
    ["a form that would have to be compiled", { models: [{ ...B32, key: "x", ready: false }] }, []],
  ] as const)("measures again: %s", async (_, options, expected) => {
    await ask({ instruments: instruments() });
    const own = instruments();
    await ask({ ...options, instruments: own });
    expect(own.asked).toEqual(expected);
  });

  it("a model that fails, or a time that is over, costs the others nothing", async () => {
    const own = instruments(async (model, { signal }) => {
      if (model === STARTER) throw new ClipError("bench.peer", "starter: it broke.");
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("late"))));
    });
    const found = await ask({
      instruments: own,
      models: [STARTER, B32, { ...B32, key: "third" }],
      longestMs: 60,
    });
    expect(found.missed).toEqual({
      "starter-key": "starter: it broke.",
      "b32-key": expect.stringMatching(/measuring were over/),
      third: expect.stringMatching(/measuring were over/),
    });
    expect(found.rates).toBeDefined();
  });

  it("a damaged or foreign memory is measured anew", async () => {
    await ask({ instruments: instruments() });
    const [name] = readdirSync(join(home, "advise"));
    const path = join(home, "advise", name!);
    for (const text of [
      "{",
      "null",
      '{"format":99}',
      '{"format":2,"models":{"starter-key":{"batches":[{"batch":1,"ms":"x"}]}}}',
    ]) {
      writeFileSync(path, text);
      const own = instruments();
      await ask({ instruments: own, models: [STARTER] });
      expect(own.asked).toEqual(["rates", "starter", "rates"]);
      expect(JSON.parse(readFileSync(path, "utf8")).models["starter-key"]).toEqual(MEASURED);
    }
  });

  it("a home that can't be written to costs time only", async () => {
    chmodSync(home, 0o500);
    const file = join(home, "file");
    chmodSync(home, 0o700);
    writeFileSync(file, "");
    const found = await probe({ home: file, models: [STARTER], instruments: instruments() });
    expect(found.models["starter-key"]).toEqual(MEASURED);
  });

  it("stops when it is told to", async () => {
    const abort = new AbortController();
    const own = instruments(async () => {
      abort.abort();
      throw new ClipError("bench.peer", "stopped");
    });
    await expect(ask({ instruments: own, signal: abort.signal })).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("the table", () => {
  const known = { rates: { fp32: 200, int8: 700 }, models: { "b32-key": MEASURED } };

  it("holds what is here as measured, and what is not as estimated", () => {
    const table = candidatesOf([STARTER, B32], known);
    expect(table.map(({ model }) => model)).toEqual([
      "starter",
      "RN50",
      "RN101",
      "ViT-B/32",
      "ViT-L/14",
      "ViT-L/14@336px",
    ]);
    const of = (model: string) => table.find((one) => one.model === model)!;
    expect(of("ViT-B/32")).toMatchObject({
      state: "here",
      accuracy: { value: 0.6332, origin: "published", set: "ImageNet" },
      batches: [
        { batch: 1, ms: { value: 50, origin: "measured" } },
        {
          batch: 8,
          ms: { value: 40, origin: "measured" },
          memoryBytes: { value: 680e6, origin: "measured" },
        },
        { batch: 32, ms: { value: 40, origin: "estimated" }, memoryBytes: { origin: "estimated" } },
      ],
    });
    expect(of("starter")).toMatchObject({ state: "here", batches: [] });
    expect(of("starter").accuracy).toBeUndefined();
    for (const model of ["RN50", "ViT-L/14"])
      for (const { ms, memoryBytes } of of(model).batches) {
        expect([ms.origin, memoryBytes.origin]).toEqual(["estimated", "estimated"]);
        expect(ms.value).toBeGreaterThan(0);
      }
    // Operations of both are in the registry: 162.03 to 8.82 billion.
    const [large] = of("ViT-L/14").batches;
    expect(large!.ms.value).toBeCloseTo(
      (1000 * 162.03) / (8.82 / (candidatesOf([], known)[2]!.batches[0]!.ms.value / 1000)),
      6,
    );
  });

  it("takes what was measured on own pictures, each of the views with its time", () => {
    const accuracy = { value: 0.8, origin: "measured", set: "mine", pictures: 300 } as const;
    const table = candidatesOf([B32], known, [
      { model: "ViT-B/32", views: "center", accuracy },
      { model: "ViT-B/32", views: "flip", accuracy: { ...accuracy, value: 0.81 } },
    ]);
    const own = table.filter(({ variant }) => variant === "ViT-B/32");
    expect(own.map(({ views, batches }) => [views, batches[0]!.ms.value])).toEqual([
      ["center", 50],
      ["flip", 100],
    ]);
  });

  it("an int8 form is as right as its gate lets one expect, marked as an estimate", () => {
    const features = { count: 1, mean: 1, worst: 1, centredMean: 1, centredWorst: 1 };
    const gate = {
      pictures: features,
      prompts: features,
      agreement: { pictures: 100, labels: 5, share: 0.98 },
    };
    const int8 = { ...B32, model: "ViT-B/32@int8", precision: "int8", key: "q", gate } as const;
    const [, found] = candidatesOf([B32, int8], known).filter(({ variant }) => variant === "ViT-B/32");
    expect(found!.accuracy).toMatchObject({ value: expect.closeTo(0.6132, 10), origin: "estimated" });
  });
});

it("the starter is always here, and a model that is named and is not is told", async () => {
  const found = await presentModels(home);
  expect(found).toMatchObject([{ model: "starter", variant: "starter", ready: true }]);
  await expect(presentModels(home, ["nowhere.pt"])).rejects.toMatchObject({ code: "model.path" });
  await expect(presentModels(home, ["ViT-B/32"])).rejects.toMatchObject({ code: "model.missing" });
});
