import { describe, expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import type { Embedding } from "../../../src/math/unit.js";
import { diversify } from "../../../src/search/find/diverse.js";
import type { SearchOptions } from "../../../src/search/find/options.js";
import { type SearchResult, searchStore } from "../../../src/search/find/search.js";
import type { Store } from "../../../src/search/store/store.js";
import { letterEncoder } from "../../support/letter-encoder.js";
import { rowOf, storeOf } from "./rows.js";

const encoder = letterEncoder();
const ALL = { minRelevance: 0 };

/** Made-up words with one meaning for a seed. */
function words(count: number, seed: number): string[] {
  const random = seeded(seed);
  const letter = (): string => String.fromCharCode(97 + Math.floor(26 * random()));
  return Array.from(
    { length: count },
    (_, i) => `/p/${i}-${seed}${Array.from({ length: 6 }, letter).join("")}.jpg`,
  );
}

const paths = ({ hits }: SearchResult): string[] => hits.map(({ path }) => path);

async function pages(
  store: Store,
  query: string,
  options: SearchOptions,
  between: (page: number) => Promise<void> = async () => {},
): Promise<string[][]> {
  const out: string[][] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await searchStore(store, encoder, query, { ...options, ...(cursor ? { cursor } : {}) });
    out.push(paths(page));
    cursor = page.next;
    await between(out.length);
  }
  return out;
}

describe("pages", () => {
  const made = words(300, 1);

  it("follow each other without gap and overlap, and are the order of the whole", async () => {
    const store = await storeOf(encoder, made);
    const [whole] = await pages(store, "sea", { ...ALL, k: 1000 });
    expect(new Set(whole)).toEqual(new Set(made));
    const parts = await pages(store, "sea", { ...ALL, k: 7 });
    expect(parts.slice(0, -1).every((page) => page.length === 7)).toBe(true);
    expect(parts.flat()).toEqual(whole);
    const sims = (await searchStore(store, encoder, "sea", { ...ALL, k: 300 })).hits.map(
      (hit) => hit.similarity,
    );
    expect(sims).toEqual([...sims].sort((a, b) => b - a));
  });

  it.each([undefined, 0.4])(
    "show every old row once while others come and go (diverse: %s)",
    async (diverse) => {
      const store = await storeOf(encoder, made.slice(0, 150));
      const late = words(200, 2);
      const options = { ...ALL, k: 10, ...(diverse === undefined ? {} : { diverse }) };
      const shown = await pages(store, "sea", options, async (page) => {
        const more = late.slice(10 * page, 10 * page + 10);
        const vectors = (await encoder.encodeImages(more)) as Embedding[];
        await store.put(more.map((path, i) => rowOf(path, vectors[i]!)));
      });
      const all = shown.flat();
      expect(new Set(all).size).toBe(all.length);
      const old = new Set(made.slice(0, 150));
      expect(all.filter((path) => old.has(path))).toHaveLength(150);
    },
  );

  it("hold for their query and options only", async () => {
    const store = await storeOf(encoder, made);
    const { next } = await searchStore(store, encoder, "sea", { ...ALL, k: 5 });
    const cursor = next!;
    const others: [string, SearchOptions][] = [
      ["boat", { ...ALL, cursor }],
      ["sea", { cursor }],
      ["sea", { ...ALL, cursor, filter: { folder: "/p" } }],
      ["sea", { ...ALL, cursor: cursor.slice(0, -4) }],
      ["sea", { ...ALL, cursor: "nothing" }],
      ["sea", { ...ALL, cursor: Buffer.from('{"q":[1],"o":"","n":-1}').toString("base64url") }],
    ];
    for (const [query, options] of others) {
      await expect(searchStore(store, encoder, query, options)).rejects.toMatchObject({
        code: "search.cursor",
      });
    }
    // The number of hits a page may change.
    const more = await searchStore(store, encoder, "sea", { ...ALL, k: 9, cursor });
    expect(more.hits).toHaveLength(9);
  });
});

describe("queries", () => {
  const store = storeOf(encoder, ["/p/sea.jpg", "/p/seaboat.jpg", "/p/boat.jpg", "/p/dog.jpg", "/p/xyz.jpg"]);
  it.each<[string, string]>([
    ["sea", "/p/sea.jpg"],
    ["sea +boat", "/p/seaboat.jpg"],
    ["seaboat -sea", "/p/boat.jpg"],
    ["image:/q/dog.png", "/p/dog.jpg"],
    ["like:/p/sea.jpg", "/p/seaboat.jpg"],
    ["like:/p/sea.jpg +dog^3", "/p/dog.jpg"],
  ])("%s finds %s", async (query, first) => {
    expect(paths(await searchStore(await store, encoder, query, ALL))[0]).toBe(first);
  });

  it("leave out the row that was asked for, and its copies", async () => {
    const with2 = await storeOf(encoder, ["/p/sea.jpg", "/p/dog.jpg"]);
    const [row] = await with2.get([rowOf("/p/sea.jpg", new Float32Array(1)).id], ["vector", "hash"]);
    await with2.put([rowOf("/copy/sea.jpg", row!.vector, { hash: row!.hash })]);
    const { hits } = await searchStore(with2, encoder, `like:${row!.id}`, ALL);
    expect(hits.map(({ path }) => path)).toEqual(["/p/dog.jpg"]);
    const folded = await searchStore(with2, encoder, "sea", ALL);
    expect(folded.hits[0]!.copies).toHaveLength(1);
    expect(folded.hits).toHaveLength(2);
    expect((await searchStore(with2, encoder, "sea", { ...ALL, fold: false })).hits).toHaveLength(3);
  });

  it("are filtered, and cut at a least similarity", async () => {
    const filtered = await searchStore(await store, encoder, "sea", { ...ALL, filter: { glob: "*dog*" } });
    expect(paths(filtered)).toEqual(["/p/dog.jpg"]);
    const near = await searchStore(await store, encoder, "sea", { ...ALL, minSimilarity: 0.5 });
    expect(near.hits.every(({ similarity }) => similarity >= 0.5)).toBe(true);
    expect(near.hits.length).toBeLessThan(5);
  });

  it.each<[string, SearchOptions, string]>([
    ["like:/p/none.jpg", {}, "search.like"],
    ["sea", { k: 0 }, "search.options"],
    ["sea", { k: 1001 }, "search.options"],
    ["sea", { minSimilarity: 2 }, "search.options"],
    ["sea", { minRelevance: -1 }, "search.options"],
    ["sea", { diverse: Number.NaN }, "search.options"],
    ["sea -sea", {}, "search.query"],
    ["image:/q/123.png", {}, "image.decode"],
  ])("%s with %j raises %s", async (query, options, code) => {
    await expect(searchStore(await store, encoder, query, options)).rejects.toMatchObject({ code });
  });

  it("refuse another model than the store's", async () => {
    const other = { ...encoder, model: { ...encoder.model, revision: "other" } };
    await expect(searchStore(await store, other, "sea")).rejects.toMatchObject({ code: "search.model" });
  });

  it("say that nothing fits, and what came nearest", async () => {
    const { hits, noGoodMatch, nearest, next } = await searchStore(await store, encoder, "qqqq", {
      minRelevance: 0.99,
    });
    expect({ hits, noGoodMatch, next }).toEqual({ hits: [], noGoodMatch: true, next: null });
    expect(nearest!.relevance).toBeLessThan(0.99);
    const empty = await storeOf(encoder, []);
    const none = await searchStore(empty, encoder, "sea");
    expect(none).toEqual({ hits: [], noGoodMatch: false, next: null, nearest: null });
  });
});

describe("diversity", () => {
  const at = (x: number): Float32Array => Float32Array.from([Math.cos(x), Math.sin(x)]);
  // Three that are alike and near, one that is far from them and less near.
  const hits = [0, 0.01, 0.02, 1.2].map((x, i) => ({ vector: at(x), similarity: 0.9 - i * 0.05 }));
  it("keeps the order of similarity with λ = 1, and takes what differs with less", () => {
    expect(diversify(hits, 4, 1)).toEqual([0, 1, 2, 3]);
    expect(diversify(hits, 2, 0.4)).toEqual([0, 3]);
    expect(diversify(hits, 9, 0)).toHaveLength(4);
    expect(diversify(hits.slice(1), 1, 0.4, [at(0)])).toEqual([2]);
    expect(diversify([], 3, 0.5)).toEqual([]);
  });
});
