import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TextBatch, textBatches } from "../../src/encode/text-batches.js";

type Ids = readonly number[];

const plan = (rows: readonly Ids[], more: object = {}): TextBatch<Ids>[] =>
  textBatches(rows, { idsOf: (row) => row, mostRows: 1024, mostTokens: 1536, shares: true, ...more });

/** `count` rows: a start, a template's tokens, words of their own, an end. */
const template = (tokens: Ids, count: number, first = 0): Ids[] =>
  Array.from({ length: count }, (_, i) => [900, ...tokens, 100 + first + (i % 300), 7 * i, 999]);

describe("textBatches", () => {
  it("finds what all rows of a template begin with", () => {
    expect(plan(template([1, 2, 3], 100)).map(({ items, prefix }) => [items.length, prefix])).toEqual([
      [100, 4],
    ]);
  });

  it("keeps templates apart where that saves more than a run costs, and few rows together", () => {
    const many = plan([...template([1, 2, 3], 100), ...template([4, 5, 6, 7], 100)]);
    expect(many.map(({ prefix }) => prefix)).toEqual([4, 5]);
    const few = plan([...template([1, 2, 3], 10), ...template([4, 5, 6, 7], 10)]);
    expect(few.map(({ items, prefix }) => [items.length, prefix])).toEqual([[20, 1]]);
  });

  it("leaves each row a token of its own, one alone too", () => {
    expect(plan([[900, 5, 6, 999]])).toEqual([{ items: [[900, 5, 6, 999]], prefix: 3 }]);
    expect(plan([[999]])).toEqual([{ items: [[999]], prefix: 0 }]);
    expect(
      plan([
        [900, 5, 999],
        [900, 5, 999, 4, 999],
      ])[0],
    ).toMatchObject({ prefix: 2 });
  });

  it("shares nothing where the tower takes nothing apart, and counts what rows are filled up to", () => {
    expect(plan(template([1, 2, 3], 4), { shares: false }).map(({ prefix }) => prefix)).toEqual([0]);
    const padded = plan(template([1], 100), { shares: false, padTo: 64 });
    expect(padded.map(({ items }) => items.length)).toEqual([24, 24, 24, 24, 4]);
  });

  it("computes fewer tokens the shorter a run's rows are alike", () => {
    const rows = [...template([1], 50), ...template([1, 2, 2, 2, 2, 2, 2, 2, 2, 2], 50)];
    const tokens = plan(rows).map(
      ({ items, prefix }) => prefix + items.length * (Math.max(...items.map((row) => row.length)) - prefix),
    );
    expect(tokens.reduce((a, b) => a + b)).toBeLessThan(50 * 4 + 50 * 6 + 20);
  });

  it("bounds what is attended to where a long beginning leaves short rows", () => {
    const long = plan(template(new Array<number>(70).fill(5), 600));
    for (const { items, prefix } of long) {
      expect(prefix).toBeGreaterThanOrEqual(71);
      expect(items.length * 74).toBeLessThanOrEqual(4 * 1536);
    }
    expect(long.length).toBeLessThan(10);
  });

  it("gives every row once, within the bounds, with a beginning that is theirs", () => {
    const row = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 });
    const bounds = fc.record({
      mostRows: fc.integer({ min: 1, max: 40 }),
      mostTokens: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 400 }), bounds, (rows, { mostRows, mostTokens }) => {
        const batches = plan(rows, { mostRows, mostTokens });
        const given = new Set(batches.flatMap(({ items }) => items));
        expect(given).toEqual(new Set(rows));
        expect(batches.reduce((sum, { items }) => sum + items.length, 0)).toBe(rows.length);
        for (const { items, prefix } of batches) {
          expect(items.length).toBeLessThanOrEqual(mostRows);
          const longest = Math.max(...items.map(({ length }) => length));
          if (items.length > 1) expect(items.length * (longest - prefix)).toBeLessThanOrEqual(mostTokens);
          for (const ids of items) {
            expect(ids.length).toBeGreaterThan(prefix);
            expect(ids.slice(0, prefix)).toEqual(items[0]!.slice(0, prefix));
          }
        }
      }),
    );
  });
});
