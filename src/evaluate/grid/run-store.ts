import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { asClipError, ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { makeFolder } from "../../models/folder.js";
import { acquireFree, type HeldLock } from "../../models/lock.js";
import { type FeatureLog, memoryLog, openFeatureLog } from "./feature-log.js";

/** Facts → a name of 32 digits. */
export function keyOf(facts: unknown): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}

/** Where a run's finished cells and the vectors of pictures lie, so that a run that was ended goes on. */
export interface RunStore extends AsyncDisposable {
  /** True where an earlier run left something. */
  readonly resumed: boolean;
  /** Why nothing is kept, where that was hoped for. */
  readonly unkept?: string;
  /** A finished cell, as it was written; undefined where it is not, or no longer what was written. */
  read(kind: "cells" | "passes", key: string): Promise<unknown>;
  /** Writes one, whole or not at all. */
  write(kind: "cells" | "passes", key: string, value: unknown): Promise<void>;
  features(key: string, dim: number): Promise<FeatureLog>;
  /** Removes all that is kept. */
  clear(): Promise<void>;
}

/** Nothing is kept. */
export const NO_STORE: RunStore = {
  resumed: false,
  read: async () => undefined,
  write: async () => undefined,
  features: async () => memoryLog(),
  clear: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

export interface RunStoreOptions {
  /** Removes what is there first. */
  readonly fresh?: boolean;
  /** What can't be written costs going on later, and raises nothing. */
  readonly lenient?: boolean;
}

/** What a run's folder holds. */
const PARTS = ["cells", "passes", "vectors"] as const;

/**
 * Opens the folder of a run, or begins it. Raises `evaluate.run` where it can't be written, or another process works in it;
 * with `lenient` nothing is kept then.
 */
export async function openRunStore(folder: string, options: RunStoreOptions = {}): Promise<RunStore> {
  const { fresh = false, lenient = false } = options;
  let lock: HeldLock;
  try {
    lock = await lockOf(folder);
  } catch (error) {
    if (lenient) return { ...NO_STORE, unkept: asClipError(error, "evaluate.run").message };
    throw error;
  }
  const clear = async (): Promise<void> => {
    for (const part of PARTS) await rm(join(folder, part), { recursive: true, force: true });
  };
  const forgive = <T>(task: Promise<T>, instead: T): Promise<T> =>
    task.catch((error: unknown) => {
      if (lenient) return instead;
      throw runError(folder, error);
    });
  const path = (kind: string, key: string): string => join(folder, kind, `${key}.json`);
  try {
    if (fresh) await clear();
    const names = await readdir(folder);
    return {
      resumed: names.some((name) => (PARTS as readonly string[]).includes(name)),
      async read(kind, key) {
        try {
          const { sum, value } = JSON.parse(await readFile(path(kind, key), "utf8"));
          return sum === keyOf(value) ? value : undefined;
        } catch {
          return undefined;
        }
      },
      write: (kind, key, value) =>
        forgive(
          writeFileAtomic(path(kind, key), `${JSON.stringify({ sum: keyOf(value), value })}\n`),
          undefined,
        ),
      async features(key, dim) {
        const log = await forgive(openFeatureLog(join(folder, "vectors", key), dim), memoryLog());
        return { ...log, append: (features) => forgive(log.append(features), undefined) };
      },
      clear: () => forgive(clear(), undefined),
      [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw runError(folder, error);
  }
}

function runError(folder: string, error: unknown): ClipError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return new ClipError(
    "evaluate.run",
    `Expected to write to the run folder ${folder} but it can't be written (${code}).`,
    {
      cause: error,
    },
  );
}

async function lockOf(folder: string): Promise<HeldLock> {
  const message = `Expected the run folder ${folder} to be free but another process works in it; --run takes another folder.`;
  const busy = (cause: ClipError) => new ClipError("evaluate.run", message, { cause });
  try {
    await makeFolder(folder);
    return await acquireFree(join(folder, "lock"), busy);
  } catch (error) {
    throw error instanceof ClipError && error.code === "evaluate.run" ? error : runError(folder, error);
  }
}
