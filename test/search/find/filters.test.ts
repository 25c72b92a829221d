import { describe, expect, it } from "vitest";
import { type FilterWords, filterOf, parseDate } from "../../../src/search/find/filters.js";
import { compileFilter } from "../../../src/search/store/matches.js";
import { rowOf } from "./rows.js";

const iso = (ms: number): string => new Date(ms).toISOString();

describe("filters as people write them", () => {
  it.each([
    ["2024", "2024-01-01T00:00:00.000Z", "2024-12-31T23:59:59.999Z"],
    ["2024-02", "2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"],
    ["2024-05-01", "2024-05-01T00:00:00.000Z", "2024-05-01T23:59:59.999Z"],
    ["2024-05-01T18:30", "2024-05-01T18:30:00.000Z", "2024-05-01T18:30:59.999Z"],
    ["2024-05-01 18:30:07", "2024-05-01T18:30:07.000Z", "2024-05-01T18:30:07.999Z"],
  ])("%s", (text, first, last) => {
    const date = parseDate(text);
    expect([iso(date.first), iso(date.last)]).toEqual([first, last]);
  });

  it.each(["", "yesterday", "2024-13", "2023-02-29", "2024-05-01T24:00", "24-05-01", "2024-5"])(
    "refuses the date %j",
    (text) => expect(() => parseDate(text)).toThrow(/^Expected a date such as 2024, .* but received/),
  );

  it("refuses a size that is none", () => {
    for (const minSize of ["", "big", "800x", "-1", "1e3"]) {
      expect(() => filterOf({ minSize })).toThrow(/^Expected a size such as 800 or 800x600/);
    }
  });

  const taken = rowOf("/p/a/1.jpg", new Float32Array(1), {
    ...{ taken: Date.UTC(2023, 5, 1), labels: ["sea", "boat"], camera: "Nikon D50", width: 800, height: 600 },
  });
  const plain = rowOf("/p/b/2.jpg", new Float32Array(1), { modified: Date.UTC(2024, 5, 1) });
  it.each<[FilterWords, boolean, boolean]>([
    [{ since: "2023", until: "2023" }, true, false],
    [{ since: "2024" }, false, true],
    [{ until: "2024" }, true, true],
    [{ folder: "/p/a" }, true, false],
    [{ labels: ["sea", "boat"] }, true, false],
    [{ labels: ["sea", "car"] }, false, false],
    [{ camera: "D50" }, true, false],
    [{ minSize: "600" }, true, false],
    [{ minSize: "640x480" }, true, true],
    [{ minSize: "700x480", folder: "/p" }, true, false],
  ])("%j", (words, first, second) => {
    const matches = compileFilter(filterOf(words)!);
    expect([matches(taken), matches(plain)]).toEqual([first, second]);
  });

  it("is no filter where nothing is asked", () => expect(filterOf({ labels: [] })).toBeUndefined());
});
