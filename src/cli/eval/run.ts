import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readEnvironment } from "../../environment.js";
import { keyOf, openRunStore, type RunStore } from "../../evaluate/grid/run-store.js";
import { say } from "../output.js";
import type { EvalOptions } from "./shared.js";

/** How long, ms, an ended run is kept for going on: whoever wanted that has come back by then. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** The folder of a run, and whether it is the command's own: that one is removed when the run is done. */
export interface Run extends AsyncDisposable {
  readonly store: RunStore;
  /** All is done: nothing is left to go on with. */
  finish(): Promise<void>;
}

/** Options that change nothing of what is measured. */
const FREE = new Set([
  "quiet",
  "progress",
  "json",
  "report",
  "run",
  "fresh",
  "calibration",
  "perClass",
  "sum",
  "published",
  "threads",
  "home",
]);

/**
 * `--run DIR`, which is kept, or a folder under the home that belongs to exactly this question and is there while the run
 * is not done. `--fresh` begins anew. Raises `evaluate.run` for a given folder that can't be used.
 */
export async function openRun(paths: readonly string[], options: EvalOptions): Promise<Run> {
  const fresh = options.fresh === true;
  if (options.run !== undefined) {
    const store = await openRunStore(options.run, { fresh });
    return {
      store,
      finish: async () => undefined,
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  }
  const runs = join(options.home ?? readEnvironment().home, "eval");
  await removeOld(runs);
  const asked = Object.entries(options).filter(([name]) => !FREE.has(name));
  const folder = join(
    runs,
    keyOf([paths.map((path) => resolve(path)), asked.sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
  const store = await openRunStore(folder, { fresh, lenient: true });
  let done = false;
  return {
    store,
    finish: async () => {
      done = true;
    },
    async [Symbol.asyncDispose]() {
      // While it is locked: the same question may be asked by another process that waits for it.
      if (done) await store.clear();
      await store[Symbol.asyncDispose]();
      if (done) await rmdir(folder).catch(() => undefined);
    },
  };
}

/** What the person is told of going on, before anything is measured. */
export function sayRun({ store }: Run, { quiet }: EvalOptions): void {
  if (quiet) return;
  if (store.resumed) say("Going on where the run was ended; --fresh begins anew.");
  if (store.unkept) say(`What is measured is not kept for going on: ${store.unkept}`);
}

async function removeOld(runs: string): Promise<void> {
  for (const name of await readdir(runs).catch((): string[] => [])) {
    const folder = join(runs, name);
    const found = await stat(folder).catch(() => undefined);
    if (!/^[0-9a-f]{32}$/.test(name) || !found || Date.now() - found.mtimeMs < KEPT_MS) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
