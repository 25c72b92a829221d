import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { IndexReport } from "../../../src/search/ingest/report.js";
import { watchFolders } from "../../../src/search/ingest/watch.js";
import { picture, scene } from "./scene.js";

it.each([false, true])("follows a folder (polling: %s) until it is told to stop", async (polling) => {
  using place = await scene();
  await place.write("first.png", await picture(1));
  const abort = new AbortController();
  const reports: IndexReport[] = [];
  const { store, encoder } = place;
  const watching = (async () => {
    const options = { store, encoder, signal: abort.signal, quiet: 50, polling };
    for await (const report of watchFolders([place.folder], options)) reports.push(report);
  })();
  const holds = (names: string[]) =>
    expect.poll(() => place.rows(), { timeout: 20_000, interval: 20 }).toEqual(names);
  await expect.poll(() => reports.length, { timeout: 20_000 }).toBe(1);
  await place.write("deep/second.png", await picture(2));
  await holds(["deep/second.png", "first.png"]);
  renameSync(join(place.folder, "first.png"), join(place.folder, "moved.png"));
  await holds(["deep/second.png", "moved.png"]);
  rmSync(join(place.folder, "deep"), { recursive: true });
  await holds(["moved.png"]);
  expect(encoder.computed).toBe(2);
  abort.abort();
  await watching;
});

it("takes no notice of files that are no pictures, and ends with an error that only the first run may raise", async () => {
  using place = await scene();
  const abort = new AbortController();
  const { store, encoder } = place;
  const options = { store, encoder, signal: abort.signal, quiet: 20 };
  const away = watchFolders([join(place.folder, "away")], options);
  await expect(away.next()).rejects.toMatchObject({ code: "input.none" });
  const run = watchFolders([place.folder], options);
  expect((await run.next()).value).toMatchObject({ found: 0 });
  const second = run.next();
  await place.write("notes.txt", "words");
  await place.write("a.png", await picture(1));
  expect((await second).value).toMatchObject({ found: 1 });
  abort.abort();
  expect(await run.next()).toMatchObject({ done: true });
});
