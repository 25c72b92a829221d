import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { sampleOf } from "../../src/advise/accuracy.js";
import { adviseUnmeasured } from "../../src/advise/advise.js";
import { loadOptimal } from "../../src/advise/load-optimal.js";

const home = mkdtempSync(join(tmpdir(), "zeroclip-optimal-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it.each([
  ["low", "RN50"],
  ["medium", "ViT-B/32"],
  ["high", "ViT-L/14"],
] as const)("%s is %s without measuring", async (budget, model) => {
  const { decision } = await adviseUnmeasured({ budget, home, offline: false });
  expect(decision.choice?.candidate).toMatchObject({ model, state: "to download" });
  expect(readdirSync(home)).not.toContain("advise");
});

it("what is not here and can't be downloaded is not taken silently in another's place", async () => {
  await expect(loadOptimal({ budget: "lavish" as "low", home })).rejects.toMatchObject({
    code: "advise.limits",
  });
  await expect(loadOptimal({ memory: -1, home })).rejects.toMatchObject({ code: "advise.limits" });
});

it("a sample is the same for the same set, and a small set is taken whole", () => {
  const picture = (i: number) => ({ name: `${i}`, truth: i % 2, open: () => `${i}` });
  const set = {
    name: "s",
    kind: "folder",
    classes: [],
    pictures: Array.from({ length: 500 }, (_, i) => picture(i)),
    fingerprint: "f",
  } as const;
  expect(sampleOf(set, 500)).toBe(set);
  const names = sampleOf(set, 100).pictures.map(({ name }) => name);
  expect(new Set(names).size).toBe(100);
  expect(sampleOf(set, 100).pictures.map(({ name }) => name)).toEqual(names);
  expect(sampleOf(set, 100).fingerprint).not.toBe("f");
});
