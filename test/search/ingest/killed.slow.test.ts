import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../../src/search/store/open.js";
import { seededBytes } from "../../support/random-bytes.js";
import { type Scene, scene } from "./scene.js";

const ROOT = join(import.meta.dirname, "..", "..", "..");

let place: Scene;
beforeAll(async () => {
  place = await scene();
});
afterAll(() => place[Symbol.dispose]());

/** The process of killed.mjs, loaded and waiting. */
class Indexer {
  readonly #child: ChildProcess;
  readonly #news = new EventEmitter();
  #said = "";
  #closed = false;

  constructor(db: string, ...more: string[]) {
    const program = join(import.meta.dirname, "killed.mjs");
    const args = [program, place.folder, db, ...more];
    this.#child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
      this.#news.emit("news");
    });
    this.#child.once("close", () => {
      this.#closed = true;
      this.#news.emit("news");
    });
    this.#child.stdin!.on("error", () => undefined);
  }

  /** What it said, once it said this or can say no more. */
  async said(word: string): Promise<string> {
    while (!this.#said.includes(word) && !this.#closed) await once(this.#news, "news");
    return this.#said;
  }

  go(): void {
    this.#child.stdin!.write("go\n");
  }

  /** Ends it at once → what it had said. */
  async kill(): Promise<string> {
    this.#child.kill("SIGKILL");
    return this.said("\0");
  }
}

/** Name and content of every picture in the folder. */
const inFolder = (): Map<string, string> =>
  new Map(
    readdirSync(place.folder).map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(place.folder, name)))
        .digest("hex"),
    ]),
  );

it("holds every picture exactly once after 50 kills", { timeout: 180_000 }, async () => {
  const db = join(place.folder, "..", "db");
  const content = (seed: number): Uint8Array => seededBytes(300, seed);
  let next = 0;
  const add = (): void => writeFileSync(join(place.folder, `${next}.png`), content(next++));
  while (next < 12) add();
  let waiting = new Indexer(db);
  /** How long a run takes, ms, so that kills fall anywhere in it. */
  let longest = 250;
  const ended = { killed: 0, before: 0 };
  for (let kill = 0; kill < 50; kill++) {
    const indexer = waiting;
    await indexer.said("ready");
    // The next one loads while this one works.
    waiting = new Indexer(db);
    const began = performance.now();
    indexer.go();
    const moment = longest * ((kill * 0.618) % 1);
    await Promise.race([pause(moment), indexer.said("done")]);
    if ((await indexer.kill()).includes("done")) {
      ended.before += 1;
      longest = Math.max(50, Math.min(longest, 1.1 * (performance.now() - began)));
    } else ended.killed += 1;
    // New, changed, moved and removed pictures for the next one.
    add();
    add();
    const names = readdirSync(place.folder).sort();
    const [changed, moved, removed] = [7, 3, 11].map((step) => names[(kill * step + step) % names.length]!);
    writeFileSync(join(place.folder, changed!), content(1_000 + kill));
    if (kill % 3 === 0) renameSync(join(place.folder, moved!), join(place.folder, `moved-${kill}.png`));
    else rmSync(join(place.folder, removed!), { force: true });
  }
  waiting.go();
  expect(await waiting.said("done")).toContain('"failed":0');
  await waiting.kill();
  await using store = await openStore(db, { version: "test" });
  const found: [string, string][] = [];
  for await (const rows of store.scan({ columns: ["path", "hash"] })) {
    found.push(
      ...rows.map(({ path, hash }): [string, string] => [path.replace(`${place.folder}/`, ""), hash]),
    );
  }
  expect(found.sort()).toEqual([...inFolder()].sort());
  expect(ended.killed).toBeGreaterThan(10);
});

it("says who is at work where two index at once", async () => {
  const db = join(place.folder, "..", "db-of-two");
  const [first, second] = [new Indexer(db, "hold"), new Indexer(db)];
  await first.said("ready");
  first.go();
  await first.said("held");
  await second.said("ready");
  second.go();
  expect(await second.said("failed")).toMatch(/failed search\.busy: .*process \d+/);
  first.go();
  await first.said("done");
  await Promise.all([first.kill(), second.kill()]);
});
