import { describe, expect, it } from "vitest";
import { seeded } from "../../../src/math/random.js";
import { unit } from "../../../src/math/unit.js";
import { nameClusters } from "../../../src/search/assets/cluster-names.js";
import { clusterStore } from "../../../src/search/assets/clusters.js";
import { layOut } from "../../../src/search/assets/layout.js";
import { mapData, mapPage } from "../../../src/search/assets/map-page.js";
import { findOutliers } from "../../../src/search/assets/outliers.js";
import { qualityOf, sortByQuality } from "../../../src/search/assets/quality.js";
import { letterEncoder } from "../../support/letter-encoder.js";
import { row, storeOf } from "./rows.js";

const AXES = ["cat", "dog", "sea", "city"];
/** So many rows near each of four axes; the path says which. */
function around(each: number, seed = 1) {
  const random = seeded(seed);
  return AXES.flatMap((name, axis) =>
    Array.from({ length: each }, (_, i) =>
      row(
        `/${name}/${i}.jpg`,
        AXES.map((_, d) => (d === axis ? 1 : 0) + 0.2 * random()),
      ),
    ),
  );
}
const labels = {
  labels: AXES,
  vectors: AXES.map((_, axis) => unit(Float32Array.from(AXES, (_, d) => (d === axis ? 1 : 0.1)))),
};
const kindOf = (path: string): string => path.split("/")[1]!;

describe("clusterStore", () => {
  it.each([4, "auto"] as const)("k = %s finds the four groups, by name", async (k) => {
    const store = await storeOf(around(30));
    const { clusters, paths, assigned } = await clusterStore(store, { k, labels });
    expect(clusters.map(({ name, size }) => [name, size]).sort()).toEqual(
      AXES.map((name) => [name, 30]).sort(),
    );
    for (const [i, path] of paths.entries()) expect(clusters[assigned[i]!]!.name).toBe(kindOf(path));
    for (const { name, examples, cohesion } of clusters) {
      expect(examples.every((path) => kindOf(path) === name)).toBe(true);
      expect(cohesion).toBeGreaterThan(0.9);
    }
  });

  it("above the size of its sample all rows are assigned, the same ones each time", async () => {
    const store = await storeOf(around(1_200));
    const [one, other] = [await clusterStore(store, { k: 4 }), await clusterStore(store, { k: 4 })];
    expect(one.clusters.map(({ size }) => size)).toEqual([1200, 1200, 1200, 1200]);
    expect(one.assigned).toEqual(other.assigned);
  });

  it("takes few rows and none, and refuses other numbers of clusters", async () => {
    expect((await clusterStore(await storeOf([]))).clusters).toEqual([]);
    expect((await clusterStore(await storeOf([row("/a.jpg")]), { k: 5 })).clusters).toHaveLength(1);
    await expect(clusterStore(await storeOf([]), { k: 0 })).rejects.toMatchObject({ code: "search.options" });
  });
});

describe("nameClusters", () => {
  it("names by contrast: a word that is near to all names none", () => {
    const centres = [Float32Array.of(1, 0, 1, 0), Float32Array.of(0, 1, 1, 0)];
    const vectors = [
      [0, 0, 1, 0],
      [0.5, 0, 0.5, 0],
      [0, 0.5, 0.5, 0],
    ].map((one) => unit(Float32Array.from(one)));
    const words = nameClusters(centres, { labels: ["photo", "left", "right"], vectors });
    expect(words.map(([first]) => first!.label)).toEqual(["left", "right"]);
  });
});

describe("layOut", () => {
  it("puts rows of a group together, also those that UMAP did not lay out itself", async () => {
    const store = await storeOf(around(60));
    const clustering = await clusterStore(store, { k: 4, labels });
    const { x, y } = await layOut(store, clustering, { sample: 100 });
    expect([...x, ...y].every((value) => value >= 0 && value <= 1)).toBe(true);
    const centre = (c: number): [number, number] => {
      const own = [...clustering.assigned.keys()].filter((i) => clustering.assigned[i] === c);
      return [
        own.reduce((sum, i) => sum + x[i]!, 0) / own.length,
        own.reduce((sum, i) => sum + y[i]!, 0) / own.length,
      ];
    };
    const centres = clustering.clusters.map((_, c) => centre(c));
    const nearest = (i: number): number => {
      const far = centres.map(([cx, cy]) => Math.hypot(cx - x[i]!, cy - y[i]!));
      return far.indexOf(Math.min(...far));
    };
    const right = [...x.keys()].filter((i) => nearest(i) === clustering.assigned[i]).length;
    expect(right / x.length).toBeGreaterThan(0.95);
  }, 60_000);

  it("makes a page that loads nothing but pictures, whatever their names are", async () => {
    const store = await storeOf([row("/p/</script><b>.jpg"), row("/p/v.mp4", [0, 1, 0, 0], { time: 5 })]);
    const clustering = await clusterStore(store, { k: 1 });
    const page = await mapPage(mapData(clustering, await layOut(store, clustering)), "/p/out/map.html");
    expect(page.match(/<\/script>/g)).toHaveLength(3);
    expect(page).toContain('"../%3C%2Fscript%3E%3Cb%3E.jpg"'.replace("%2F", "/"));
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3)/);
  });
});

describe("lists", () => {
  it("outliers: what is like nothing else comes first, blank pictures not at all", async () => {
    const rows = around(20).filter(({ path }) => !path.startsWith("/city"));
    const store = await storeOf([
      ...rows,
      row("/odd.jpg", [0, 0, 0, 1]),
      row("/blank.jpg", [0, 0, 0, -1], { blank: true }),
    ]);
    const list = await findOutliers(store, { top: 3 });
    expect(list).toHaveLength(3);
    expect(list[0]).toMatchObject({ path: "/odd.jpg" });
    expect(list[0]!.score).toBeGreaterThan(list[1]!.score);
  });

  it("quality: between pairs of words, from either end", async () => {
    const encoder = letterEncoder();
    const vectors = (await encoder.encodeTexts(["good", "bad", "goodbad"])).map((vector) => [...vector]);
    const store = await storeOf(
      vectors.map((vector, i) => row(`/${i}.jpg`, vector)),
      26,
    );
    const direction = await qualityOf(encoder, [["good", "bad"]]);
    const list = await sortByQuality(store, direction);
    expect(list.map(({ path }) => path)).toEqual(["/0.jpg", "/2.jpg", "/1.jpg"]);
    expect(list[0]!.score).toBeGreaterThan(0.5);
    const worst = await sortByQuality(store, direction, { worst: true, top: 1 });
    expect(worst).toMatchObject([{ path: "/1.jpg", score: list[2]!.score }]);
    await expect(qualityOf(encoder, [])).rejects.toMatchObject({ code: "search.options" });
  });
});
