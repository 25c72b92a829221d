import fc from "fast-check";
import stringWidth from "string-width";
import { expect, it } from "vitest";
import { progressLine } from "../../src/cli/progress.js";

const at = {
  what: "measuring ranges",
  note: "image tower",
  done: 32,
  total: 64,
  unit: "pictures",
  seconds: 16,
};

it("says what is done to what, how far it is, its rate and the time left", () => {
  expect(progressLine(at, 100)).toBe(
    "measuring ranges (image tower) ━━━━━━━━━━────────── 32 / 64  2.0 pictures/s  16 s left",
  );
});

it("keeps its rate while the next batch is computed, and counts the time left down", () => {
  expect(progressLine({ ...at, reached: 16, seconds: 20 }, 100)).toContain("2.0 pictures/s  12 s left");
  expect(progressLine({ ...at, reached: 16, seconds: 90 }, 100)).toContain("2.0 pictures/s  0 s left");
});

it("makes its bar narrower, then its words shorter; figures stay whole", () => {
  expect(progressLine(at, 76)).toBe(
    "measuring ranges (image tower) ━━━━━───── 32 / 64  2.0 pictures/s  16 s left",
  );
  expect(progressLine(at, 60)).toBe("measuring ranges (image … 32 / 64  2.0 pictures/s  16 s left");
});

it("before the first is done says for how long it works", () => {
  expect(progressLine({ ...at, done: 0, seconds: 75 }, 100)).toBe(
    "measuring ranges (image tower) ──────────────────── 0 / 64  for 1 min 15 s",
  );
});

it("counts nothing that was there before into its rate", () => {
  expect(progressLine({ ...at, from: 32 }, 100)).toContain("32 / 64  for 16 s");
  expect(progressLine({ ...at, from: 16 }, 100)).toContain("32 / 64  1.0 pictures/s  32 s left");
});

it("says how long each takes where they are few a minute", () => {
  expect(progressLine({ ...at, done: 2 }, 100)).toContain("2 / 64  8 s each  8 min 16 s left");
});

it("without a total shows what is done and its rate", () => {
  expect(progressLine({ ...at, note: "", total: undefined, unit: "bytes", done: 4e6, seconds: 2 }, 100)).toBe(
    "measuring ranges 4.0 MB  2.0 MB/s",
  );
});

it("is never wider than its line", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("图", "a", " "), maxLength: 60 }),
      fc.nat(1e6),
      fc.integer({ min: 20, max: 120 }),
      (note, done, width) => {
        const line = progressLine({ ...at, note, done, total: 1e6 }, width);
        expect(stringWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});
