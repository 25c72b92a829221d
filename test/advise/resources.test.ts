import { describe, expect, it } from "vitest";
import { estimateMemory, estimateMs } from "../../src/advise/estimate.js";
import { environmentOf, resourcesOf } from "../../src/advise/resources.js";
import { duration, memory } from "../../src/advise/words.js";
import { REGISTRY } from "../../src/models/registry.js";
import { candidate, VARIANTS } from "./tables.js";

describe("resources", () => {
  it("are a row a form, with a batch, an environment and the article's figures beside", () => {
    const rows = resourcesOf(VARIANTS, 16e9);
    expect(rows.map(({ candidate: { model }, batch, environment }) => [model, batch, environment])).toEqual([
      ["starter", 8, "edge"],
      ["RN50", 8, "edge"],
      ["RN101", 8, "edge"],
      ["ViT-B/32", 32, "edge"],
      ["ViT-L/14", 8, "small server"],
      ["ViT-L/14@336px", 1, "small server"],
    ]);
    expect(
      Object.fromEntries(
        rows.flatMap(({ candidate: { model }, article }) => (article ? [[model, article]] : [])),
      ),
    ).toEqual({
      RN50: { memoryBytes: 3.8e9, ms: 12 },
      "ViT-B/32": { memoryBytes: 4.2e9, ms: 16 },
      "ViT-L/14@336px": { memoryBytes: 9.7e9, ms: 58 },
    });
  });

  it("a batch that does not fit the machine is not sensible", () => {
    const [row] = resourcesOf([candidate("ViT-B/32", [55, 40, 30], 655)], 0.85e9);
    expect(row!.batch).toBe(8);
    const [none] = resourcesOf([candidate("ViT-L/14", 700, 1710)], 1e9);
    expect(none!.batch).toBeUndefined();
  });

  it.each([
    [40, 600, "edge"],
    [300, 600, "small server"],
    [40, 900, "small server"],
    [2500, 900, "large server or cloud"],
    [40, 4000, "large server or cloud"],
  ])("%i ms and %i MB: %s", (ms, megabytes, expected) => {
    expect(environmentOf(candidate("x", ms, megabytes).batches[0]!)).toBe(expected);
  });
});

describe("estimates", () => {
  const of = (name: string) => REGISTRY.find((entry) => entry.name === name)!;

  it("time falls with the rate and grows with the operations", () => {
    for (const batch of [1, 8, 32] as const) {
      expect(estimateMs(of("RN50"), batch, 400)).toBeCloseTo(estimateMs(of("RN50"), batch, 200) / 2, 9);
      expect(estimateMs(of("RN101"), batch, 200)).toBeGreaterThan(estimateMs(of("RN50"), batch, 200));
    }
  });

  // docs/runtime.md, "Memory": a process that has answered held 650 and 284 MB (ViT-B/32), 1,721 and 574 MB (ViT-L/14);
  // those of the ResNets were measured the same way.
  it.each([
    ["RN50", "fp32", 510],
    ["RN101", "fp32", 674],
    ["ViT-B/32", "fp32", 650],
    ["ViT-B/32", "int8", 284],
    ["ViT-L/14", "fp32", 1721],
    ["ViT-L/14", "int8", 574],
  ] as const)("memory of %s in %s is near what was measured", (name, precision, megabytes) => {
    const estimate = estimateMemory(of(name), precision, 1) / 1e6;
    expect(estimate / megabytes).toBeGreaterThan(0.9);
    expect(estimate / megabytes).toBeLessThan(1.1);
  });
});

it("words round so that a limit of what is shown is enough", () => {
  expect([memory(480.1e6), memory(1.71e9), duration(8.24), duration(120.4), duration(3400)]).toEqual([
    "481 MB",
    "1.8 GB",
    "8.2 ms",
    "120 ms",
    "3.4 s",
  ]);
});
