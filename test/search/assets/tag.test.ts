import { describe, expect, it } from "vitest";
import { unit } from "../../../src/math/unit.js";
import { type TagRule, tagsOf } from "../../../src/search/assets/judge.js";
import { tagStore } from "../../../src/search/assets/tag.js";
import { all, row, storeOf } from "./rows.js";

const set = {
  labels: ["cat", "dog", "sea"],
  vectors: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ].map((vector) => unit(Float32Array.from(vector))),
};
const rule: TagRule = { kind: "share", logitScale: 10, least: 0.1, most: 2 };

const pictures = () => [
  row("/a.jpg", [1, 0.9, 0, 0], { labels: ["mine", "sea"] }),
  row("/b.jpg", [0, 0, 1, 0]),
  row("/c.jpg", [0, 0.1, 1, 1], { labels: ["sea"] }),
];

describe("tagsOf", () => {
  it("takes the labels with a large enough share, at most so many", () => {
    const tags = tagsOf(Float32Array.of(0.5, 0.45, 0.1), set.labels, rule);
    expect(tags.map(({ label }) => label)).toEqual(["cat", "dog"]);
    expect(tags[0]!.probability).toBeGreaterThan(tags[1]!.probability);
    expect(tagsOf(Float32Array.of(0.5, 0.5, 0.5), set.labels, rule)).toHaveLength(2);
    expect(tagsOf(Float32Array.of(0.9, 0, 0), set.labels, rule)).toHaveLength(1);
  });

  it("takes each label from its own threshold on, where these were fitted", () => {
    const independent = { slope: 10, offset: -5, labels: set.labels, thresholds: [0.9, 0.4, 0.5] };
    const tags = tagsOf(Float32Array.of(0.6, 0.5, 0.2), set.labels, { kind: "fitted", independent });
    expect(tags.map(({ label }) => label)).toEqual(["dog"]);
    expect(tags[0]!.probability).toBeCloseTo(0.5, 5);
  });
});

describe("tagStore", () => {
  it("replaces labels of the set, leaves others alone, and the second time changes nothing", async () => {
    const store = await storeOf(pictures());
    const first = await all(tagStore(store, set, { rule }));
    const labels = async () =>
      Object.fromEntries((await all(store.scan())).map((one) => [one.path, one.labels]));
    const expected = { "/a.jpg": ["mine", "cat", "dog"], "/b.jpg": ["sea"], "/c.jpg": ["sea"] };
    expect(await labels()).toEqual(expected);
    expect(
      first
        .filter(({ changed }) => changed)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["/a.jpg", "/b.jpg"]);
    const second = await all(tagStore(store, set, { rule }));
    expect(second.some(({ changed }) => changed)).toBe(false);
    expect(await labels()).toEqual(expected);
  });

  it("tags anew after a change of labels by the vectors that are there; `replace` takes all others away", async () => {
    const store = await storeOf(pictures());
    await all(tagStore(store, set, { rule }));
    const renamed = { ...set, labels: ["kitten", "hound", "sea"] };
    const rows = await all(tagStore(store, renamed, { rule, replace: true }));
    expect(rows.find(({ path }) => path === "/a.jpg")!.labels).toEqual(["kitten", "hound"]);
  });

  it("writes nothing where it may not, and only to rows of the filter", async () => {
    const store = await storeOf(pictures());
    await all(tagStore(store, set, { rule, write: false }));
    await all(tagStore(store, set, { rule, filter: { paths: ["/b.jpg"] } }));
    const rows = await all(store.scan());
    expect(rows.find(({ path }) => path === "/a.jpg")!.labels).toEqual(["mine", "sea"]);
    expect(rows.find(({ path }) => path === "/b.jpg")!.labels).toEqual(["sea"]);
  });

  it("refuses vectors of another length, by name", async () => {
    const store = await storeOf([row("/a.jpg")]);
    const short = { labels: ["x"], vectors: [unit(Float32Array.of(1, 0))] };
    await expect(all(tagStore(store, short, { rule }))).rejects.toMatchObject({ code: "search.model" });
  });
});
