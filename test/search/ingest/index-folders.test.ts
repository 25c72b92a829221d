import { copyFileSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { indexFolders } from "../../../src/search/ingest/index-folders.js";
import { rowId } from "../../../src/search/row.js";
import { pixelEncoder } from "../../support/pixel-encoder.js";
import { picture, scene } from "./scene.js";

it("a second run touches nothing", async () => {
  using place = await scene();
  for (let i = 0; i < 20; i++) await place.write(`${i % 3}/${i}.png`, await picture(i));
  await place.write("notes.txt", "no picture");
  const first = await place.index();
  expect(first).toMatchObject({ found: 20, added: 20, unchanged: 0, failed: 0, removed: 0 });
  const before = await place.store.get([rowId(join(place.folder, "0/0.png"), null)]);
  const second = await place.index();
  expect(second).toMatchObject({ found: 20, added: 0, unchanged: 20, changed: 0, touched: 0, removed: 0 });
  expect(place.encoder.computed).toBe(20);
  expect(await place.store.get([rowId(join(place.folder, "0/0.png"), null)])).toEqual(before);
});

it("computes what changed, takes vectors of what was moved or copied, removes what is gone", async () => {
  using place = await scene();
  const at = (name: string): string => join(place.folder, name);
  for (const [i, name] of ["stays", "changes", "moves", "goes", "copied", "touched"].entries()) {
    await place.write(`${name}.png`, await picture(i));
  }
  await place.index();
  await place.store.patch([{ id: rowId(at("moves.png"), null), labels: ["red"], caption: "A noise." }]);
  const [moved] = await place.store.get([rowId(at("moves.png"), null)], ["vector"]);

  await place.write("changes.png", await picture(100));
  mkdirSync(at("deep"));
  renameSync(at("moves.png"), at("deep/moved.png"));
  rmSync(at("goes.png"));
  copyFileSync(at("copied.png"), at("copy.png"));
  utimesSync(at("touched.png"), 1, 1);
  await place.write("new.png", await picture(200));

  const report = await place.index();
  expect(report).toMatchObject({ found: 7, unchanged: 2, added: 1, changed: 1, moved: 1, copied: 1 });
  expect(report).toMatchObject({ touched: 1, removed: 2, kept: 0, failed: 0 });
  expect(place.encoder.computed).toBe(8);
  expect(await place.rows()).toEqual(
    ["changes.png", "copied.png", "copy.png", "deep/moved.png", "new.png", "stays.png", "touched.png"].sort(),
  );
  const [row] = await place.store.get(
    [rowId(at("deep/moved.png"), null)],
    ["vector", "labels", "caption", "modified"],
  );
  expect(row).toMatchObject({ labels: ["red"], caption: "A noise.", vector: moved!.vector });
  expect(await place.index()).toMatchObject({ unchanged: 7, removed: 0 });
});

it("two files that change places keep their own content", async () => {
  using place = await scene();
  const [a, b] = [await place.write("a.png", await picture(1)), await place.write("b.png", await picture(2))];
  utimesSync(a, 1_000, 1_000);
  utimesSync(b, 2_000, 2_000);
  await place.index();
  const read = async () =>
    (await place.store.get([rowId(a, null), rowId(b, null)], ["vector", "hash"])).map((row) => row!);
  const [wasA, wasB] = await read();
  renameSync(a, `${a}.aside`);
  renameSync(b, a);
  renameSync(`${a}.aside`, b);
  expect(await place.index()).toMatchObject({ found: 2, unchanged: 0, copied: 2, removed: 0 });
  const [nowA, nowB] = await read();
  expect([nowA!.hash, nowB!.hash]).toEqual([wasB!.hash, wasA!.hash]);
  expect([nowA!.vector, nowB!.vector]).toEqual([wasB!.vector, wasA!.vector]);
  expect(place.encoder.computed).toBe(2);
});

it("finds other content whichever way the clock went", async () => {
  using place = await scene();
  const path = await place.write("a.png", await picture(1));
  const size = statSync(path).size;
  for (const [seed, time] of [1_000, 900, 4_102_444_800, -5_000, -5_000.5].entries()) {
    await place.write("a.png", await picture(10 + seed));
    utimesSync(path, new Date(1_000 * time), new Date(1_000 * time));
    expect(statSync(path).size).toBe(size);
    await place.index();
    expect(place.encoder.computed).toBe(seed + 1);
    expect((await place.store.get([rowId(path, null)]))[0]!.modified).toBe(Math.trunc(time * 1_000));
  }
  const larger = await picture(50, 25);
  await place.write("a.png", larger);
  utimesSync(path, new Date(-5_000_500), new Date(-5_000_500));
  expect(await place.index()).toMatchObject({ changed: 1 });
});

it("goes through the newest first, and no further than it is told", async () => {
  using place = await scene();
  for (const age of [3, 1, 5, 2, 4]) {
    const path = await place.write(`${age}.png`, await picture(age));
    utimesSync(path, 1_000_000 - age, 1_000_000 - age);
  }
  expect(await place.index({ limit: 2 })).toMatchObject({ added: 2, left: 3 });
  expect((await place.rows()).length).toBe(2);
  const order: number[] = [];
  const report = await place.index({ limit: 3, onProgress: ({ done }) => order.push(done) });
  expect(report).toMatchObject({ added: 3, left: 0, unchanged: 2 });
  expect(order.at(-1)).toBe(3);
  expect(await place.rows()).toEqual(["1.png", "2.png", "3.png", "4.png", "5.png"]);
});

it("lists what can't be read and does everything else", async () => {
  using place = await scene();
  await place.write("good.png", await picture(1));
  await place.write("cut.png", (await picture(2)).subarray(0, 500));
  await place.write("text.jpg", "words");
  await place.write("empty.jpg", "");
  const told: string[] = [];
  const report = await place.index({ onFailure: ({ code }) => told.push(code) });
  expect(report).toMatchObject({ found: 4, added: 1, failed: 3 });
  expect(report.failures).toEqual({ "image.empty": 1, "image.format": 1, "image.truncated": 1 });
  expect(report.errors.map(({ code }) => code)).toEqual(told);
  expect(await place.rows()).toEqual(["good.png"]);
});

it("stops where it is told and goes on from there", async () => {
  using place = await scene();
  for (let i = 0; i < 40; i++) await place.write(`${i}.png`, await picture(i));
  const abort = new AbortController();
  const stopped = place.index({
    signal: abort.signal,
    onProgress: ({ done }) => {
      if (done === 10) abort.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({
    code: "aborted",
    message: expect.stringMatching(/of 40 files/),
  });
  const kept = (await place.rows()).length;
  expect(kept).toBeGreaterThanOrEqual(10);
  expect(await place.index()).toMatchObject({ unchanged: kept, added: 40 - kept });
  expect(place.encoder.computed).toBe(40);
});

it("keeps rows of a folder that is empty, unless it is told to remove all", async () => {
  using place = await scene();
  for (const name of ["a.png", "b.png"]) await place.write(name, await picture(name.charCodeAt(0)));
  await place.index();
  for (const name of ["a.png", "b.png"]) rmSync(join(place.folder, name));
  expect(await place.index()).toMatchObject({ found: 0, removed: 0, kept: 2 });
  expect(await place.rows()).toHaveLength(2);
  rmSync(place.folder, { recursive: true });
  await expect(place.index()).rejects.toMatchObject({ code: "input.none" });
  expect(await place.rows()).toHaveLength(2);
  mkdirSync(place.folder);
  expect(await place.index({ removeAll: true })).toMatchObject({ removed: 2, kept: 0 });
});

it("leaves rows of other folders alone", async () => {
  using place = await scene();
  await place.write("one/a.png", await picture(1));
  await place.write("one-more/b.png", await picture(2));
  await place.index();
  const one = join(place.folder, "one");
  await place.write("one/c.png", await picture(3));
  rmSync(join(one, "a.png"));
  const { store, encoder } = place;
  expect(await indexFolders([one], { store, encoder })).toMatchObject({ found: 1, removed: 1 });
  expect(await place.rows()).toEqual(["one-more/b.png", "one/c.png"]);
});

it("refuses another model, naming both, and numbers out of range", async () => {
  using place = await scene();
  await expect(place.index({ encoder: pixelEncoder("other") })).rejects.toMatchObject({
    code: "search.model",
    message: expect.stringMatching(/revision pixels.*revision other/),
  });
  for (const wrong of [{ frames: 0 }, { frames: 1.5 }, { limit: -1 }, { thumbnail: 5_000 }]) {
    await expect(place.index(wrong)).rejects.toMatchObject({ code: "search.options" });
  }
  const several = { ...place.encoder, needsLabels: true };
  await expect(place.index({ encoder: several })).rejects.toMatchObject({ code: "search.options" });
});
