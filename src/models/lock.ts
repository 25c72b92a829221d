import { randomBytes } from "node:crypto";
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ClipError, throwIfAborted } from "../errors.js";
import { NO_LINKS } from "./atomic.js";
import { type Clock, systemClock } from "./clock.js";
import { makeFolder } from "./folder.js";
import { isGone, thisPlace } from "./place.js";

export interface LockOptions {
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each pause while a living process holds the lock. */
  readonly onWait?: (() => Promise<void> | void) | undefined;
  /** How often the holder touches the file; default 2 s. */
  readonly heartbeatMs?: number | undefined;
  /** A lock untouched this long is taken over even where its holder can't be proven dead; default 60 s. */
  readonly staleMs?: number | undefined;
}

/** A lock in our hands. Closing it lets the next one in. */
export interface HeldLock extends AsyncDisposable {
  readonly token: string;
  /** Who held it before, where we took it over. */
  readonly takenFrom?: { readonly token: string; readonly provenDead: boolean };
  /** Fires when another process took the lock over (this one was suspended for longer than `staleMs`). */
  readonly lost: AbortSignal;
}

interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly place: string;
}

/** Longest wait between two looks at a lock that another holds. */
const POLL_MS = 200;

function isProvenDead({ place, pid }: Holder): boolean {
  return place === thisPlace() && isGone(pid);
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { token, pid, place } = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>;
    if (typeof token !== "string" || typeof pid !== "number" || typeof place !== "string") return undefined;
    return Number.isSafeInteger(pid) && pid > 0 ? { token, pid, place } : undefined;
  } catch {
    return undefined;
  }
}

/** Who holds a lock: a process of this machine, or one elsewhere, of which no more is known. Undefined: nobody. */
export async function lockHolder(path: string): Promise<{ readonly pid?: number } | undefined> {
  const holder = await readHolder(path);
  if (holder === undefined) return undefined;
  return holder.place === thisPlace() ? { pid: holder.pid } : {};
}

/** False where there is one. Its content comes with it: a lock without a holder's name, left by a kill, could not be proven dead. */
async function create(path: string, holder: Holder): Promise<boolean> {
  const aside = `${path}.${holder.token}`;
  try {
    await writeFile(aside, JSON.stringify(holder));
    await link(aside, path);
    return true;
  } catch (error) {
    const { code = "", syscall } = error as NodeJS.ErrnoException;
    // Another process may clear the aside away (`removeAsides`): once more then.
    if (syscall === "link" && (code === "EEXIST" || code === "ENOENT")) return false;
    if (syscall === "link" && NO_LINKS.has(code)) return createInPlace(path, holder);
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function createInPlace(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    // A full disk: what there is of it says nothing.
    await rm(path, { force: true });
    throw error;
  }
}

/** Moves a dead holder's lock out of the way; true when it was that holder's and not one made since we looked. */
async function clearStale(path: string, seen: Holder | undefined, token: string): Promise<boolean> {
  const aside = `${path}.${token}`;
  try {
    await rename(path, aside);
  } catch {
    return false;
  }
  const moved = await readHolder(aside);
  if (moved !== undefined && moved.token !== seen?.token) await create(path, moved);
  await rm(aside, { force: true });
  return moved?.token === seen?.token;
}

/**
 * Takes the lock file, waiting while a living process holds it: its holder touches the file every `heartbeatMs`.
 * A holder that is dead (its pid is gone) or silent for `staleMs` loses it. The lock saves work, it is no guard of
 * data: whoever uses it must still write to names of its own and publish by rename. Errors: `aborted`.
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<HeldLock> {
  const { clock = systemClock, signal, onWait, heartbeatMs = 2_000, staleMs = 60_000 } = options;
  const holder: Holder = { token: randomBytes(8).toString("hex"), pid: process.pid, place: thisPlace() };
  let takenFrom: HeldLock["takenFrom"];
  await makeFolder(dirname(path));
  while (!(await create(path, holder))) {
    throwIfAborted(signal);
    const current = await readHolder(path);
    const touched = await stat(path).catch(() => undefined);
    if (touched === undefined) continue;
    const provenDead = current !== undefined && isProvenDead(current);
    // The file system's time, which no test's clock moves.
    if (provenDead || Date.now() - touched.mtimeMs > staleMs) {
      if ((await clearStale(path, current, holder.token)) && current !== undefined) {
        takenFrom = { token: current.token, provenDead };
      }
    } else {
      await onWait?.();
      await clock.sleep(POLL_MS, signal);
    }
  }
  await removeAsides(path);
  return hold(path, holder.token, heartbeatMs, takenFrom);
}

/** How long, ms, another process is waited for that may just be ending. */
const PATIENCE_MS = 1_000;

/** Takes the lock file, or raises what `busy` makes where another process keeps it. What the file system raises stays as it is. */
export async function acquireFree(path: string, busy: (cause: ClipError) => ClipError): Promise<HeldLock> {
  try {
    return await acquireLock(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    throw error instanceof ClipError && error.code === "aborted" ? busy(error) : error;
  }
}

/** What processes that were killed while they moved a dead one's lock left; at worst a living one asks once more. */
async function removeAsides(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const isAside = name.startsWith(`${basename(path)}.`) && /\.[0-9a-f]{16}$/.test(name);
    if (isAside) await rm(join(dirname(path), name), { force: true });
  }
}

function hold(path: string, token: string, heartbeatMs: number, takenFrom: HeldLock["takenFrom"]): HeldLock {
  const lost = new AbortController();
  const beat = async (): Promise<void> => {
    const current = await readHolder(path);
    if (current !== undefined && current.token !== token) return lost.abort();
    const now = new Date();
    await utimes(path, now, now).catch(() => undefined);
  };
  const timer = setInterval(() => void beat(), heartbeatMs);
  timer.unref();
  return {
    token,
    lost: lost.signal,
    ...(takenFrom === undefined ? {} : { takenFrom }),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      if ((await readHolder(path))?.token === token) await rm(path, { force: true });
    },
  };
}
