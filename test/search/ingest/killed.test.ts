import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../../src/search/store/open.js";
import { picture, type Scene, scene } from "./scene.js";

const ROOT = join(import.meta.dirname, "..", "..", "..");

let place: Scene;
let encoder = "";
beforeAll(async () => {
  place = await scene();
  // As the built library, so that plain Node runs it.
  const source = readFileSync(join(ROOT, "test/support/pixel-encoder.ts"), "utf8");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  encoder = join(place.folder, "..", "pixel-encoder.mjs");
  writeFileSync(encoder, outputText.replaceAll("../../src/", `${pathToFileURL(join(ROOT, "dist"))}/`));
});
afterAll(() => place[Symbol.dispose]());

/** The process of killed.mjs, loaded and waiting. */
class Indexer {
  readonly #child: ChildProcess;
  #said = "";

  constructor(db: string, ...more: string[]) {
    const program = join(import.meta.dirname, "killed.mjs");
    const args = [program, pathToFileURL(encoder).href, place.folder, db, ...more];
    this.#child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#said += text;
    });
    this.#child.stdin!.on("error", () => undefined);
  }

  /** What it said, once it said this. */
  async said(word: string): Promise<string> {
    await expect.poll(() => this.#said, { timeout: 20_000, interval: 2 }).toContain(word);
    return this.#said;
  }

  go(): void {
    this.#child.stdin!.write("go\n");
  }

  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await closed;
    }
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

it("holds every picture exactly once after 50 kills", { timeout: 120_000 }, async () => {
  const db = join(place.folder, "..", "db");
  const pictures = await Promise.all(Array.from({ length: 160 }, (_, i) => picture(i)));
  let next = 0;
  const add = (): void => writeFileSync(join(place.folder, `${next}.png`), pictures[next++]!);
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
    await Promise.race([pause(longest * ((kill * 0.618) % 1)), indexer.said("done").catch(() => undefined)]);
    await indexer.kill();
    if ((await Promise.race([indexer.said("done"), pause(0, "")])).includes("done")) {
      ended.before += 1;
      longest = Math.max(50, Math.min(longest, 1.1 * (performance.now() - began)));
    } else ended.killed += 1;
    // New, changed, moved and removed pictures for the next one.
    add();
    add();
    const names = readdirSync(place.folder).sort();
    const [changed, moved, removed] = [7, 3, 11].map((step) => names[(kill * step + step) % names.length]!);
    writeFileSync(join(place.folder, changed!), await picture(1_000 + kill));
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
