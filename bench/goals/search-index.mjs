// Flickr8k into a database: killed in the middle and started again, its speed beside that of the encoder alone, and a second run.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../../dist/bench/statistics.js";
import { loadClip } from "../../dist/index.js";
import { indexFolders, modelOf, openStore } from "../../dist/search/index.js";
import { flickr8k } from "./data.mjs";
import { start, zeroclip } from "./zeroshot-command.mjs";

/** Photos for speed: so many a part that what a run begins and ends with counts for little. */
const SPEED = { quick: 400, whole: 4_000 };
/** Parts that are encoded and indexed in turns. */
const PARTS = 8;
/** Photos that are indexed, killed and resumed. */
const ALL = { quick: 600, whole: Number.POSITIVE_INFINITY };

const pictures = () => {
  const { images } = flickr8k();
  return readdirSync(images)
    .filter((name) => name.endsWith(".jpg"))
    .sort()
    .map((name) => join(images, name));
};

/** A folder of links to some of them. */
function linked(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const file of files) symlinkSync(file, join(folder, file.replace(/^.*\//, "")));
  return folder;
}

/** Opens, uses and closes: this Node reads no `await using`. */
async function using(opening, use) {
  const opened = await opening;
  try {
    return await use(opened);
  } finally {
    await opened[Symbol.asyncDispose]();
  }
}

const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
const residentMb = () => process.memoryUsage.rss() / 2 ** 20;

/** The same photos through the encoder alone and into a database, part by part in turns: pictures a second of each part. */
async function timed(files, folder, encoder, store) {
  const bares = [];
  const indexes = [];
  const memory = [];
  for (let part = 0; part < PARTS; part++) {
    const own = files.filter((_, i) => i % PARTS === part);
    const photos = linked(join(folder, `part-${part}`), own);
    const bare = async () => {
      const began = performance.now();
      await encoder.encodeImages(own);
      bares.push((1000 * own.length) / (performance.now() - began));
    };
    const index = async () => {
      const report = await indexFolders([photos], { store, encoder });
      // A photo that lies in an earlier part, too, is found by its hash.
      const taken = report.added + report.copied;
      if (taken !== own.length) throw new Error(`Expected ${own.length} but ${taken} were taken in.`);
      indexes.push(own.length / report.seconds);
      memory.push(residentMb());
    };
    for (const run of part % 2 === 0 ? [bare, index] : [index, bare]) await run();
  }
  return { bares, indexes, memory };
}

async function* speed(folder, quick) {
  const files = pictures().slice(0, quick ? SPEED.quick : SPEED.whole);
  const { bares, indexes, memory } = await using(loadClip("starter"), async (encoder) => {
    await encoder.encodeImages(files.slice(0, 32));
    const how = { model: modelOf(encoder), create: true, version: "goals" };
    return using(openStore(join(folder, "speed-db"), how), (store) => timed(files, folder, encoder, store));
  });
  // Each part's own ratio: the machine's speed changes by a third within a minute, and both of a part share a minute.
  const shares = indexes.map((index, part) => index / bares[part]);
  const percent = (share) => (100 * share).toFixed(1);
  yield {
    goal: `indexing, to the encoder alone (median of ${PARTS} parts)`,
    asked: "≥ 90 %",
    measured: `${percent(median(shares))} % (${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}; ${median(indexes).toFixed(1)} of ${median(bares).toFixed(1)} pictures a second, ${files.length} photos)`,
    met: median(shares) >= 0.9,
  };
  const grown = memory.at(-1) - memory[1];
  yield {
    goal: "… memory after the last part, to the second",
    asked: "flat (< 10 %)",
    measured: `${memory.map((mb) => mb.toFixed(0)).join(", ")} MB`,
    met: grown < 0.1 * memory[1],
  };
}

/** Rows by path, counted. */
function rowsOf(db) {
  return using(openStore(db, { version: "goals" }), async (store) => {
    const rows = [];
    for await (const batch of store.scan({ columns: ["path", "hash"], batch: 10_000 })) rows.push(...batch);
    return rows;
  });
}

async function* resumed(folder, quick) {
  const files = pictures().slice(0, quick ? ALL.quick : ALL.whole);
  const photos = linked(join(folder, "photos"), files);
  const db = join(folder, "db");
  const args = ["index", photos, "--db", db, "--json", "--no-videos"];
  let kills = 0;
  let known = 0;
  // Killed after each sixth, wherever it is then.
  for (const share of [1 / 6, 2 / 6, 3 / 6]) {
    const { child, done } = start(args);
    while (child.exitCode === null) {
      await sleep(500);
      known = (await rowsOf(db).catch(() => [])).length;
      if (known >= share * files.length) break;
    }
    if (child.exitCode === null) kills += 1;
    child.kill("SIGKILL");
    await done;
  }
  const last = JSON.parse((await zeroclip(args)).stdout);
  const rows = await rowsOf(db);
  const paths = new Map(rows.map(({ path, hash }) => [path.replace(/^.*\//, ""), hash]));
  const right = files.filter((file) => paths.get(file.replace(/^.*\//, "")) === sha256(file)).length;
  yield {
    goal: `Flickr8k, ${files.length} photos: index, kill −9, resume`,
    asked: "every picture exactly once",
    measured: `${kills} kills; ${last.unchanged} were there, ${last.added} added by the last run; ${rows.length} rows, ${right} right`,
    met: kills === 3 && rows.length === files.length && right === files.length,
  };
  const second = JSON.parse((await zeroclip(args)).stdout);
  const touched = ["added", "changed", "moved", "copied", "touched", "removed", "failed"].filter(
    (name) => second[name] !== 0,
  );
  yield {
    goal: "… a second run",
    asked: "touches nothing",
    measured: `${second.unchanged} unchanged in ${second.seconds.toFixed(1)} s`,
    met: touched.length === 0 && second.unchanged === files.length,
  };
}

export async function* index({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-search-"));
  try {
    yield* speed(folder, quick);
    yield* resumed(folder, quick);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
