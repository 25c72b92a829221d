import { basename, extname } from "node:path";
import { ClipError, throwIfAborted } from "../../errors.js";
import { PICTURE_ENDINGS, VIDEO_ENDINGS } from "../../image/sources.js";
import { IGNORE_FILE } from "./ignored.js";
import { type IndexOptions, indexFolders } from "./index-folders.js";
import type { IndexReport } from "./report.js";

export interface WatchOptions extends IndexOptions {
  readonly signal: AbortSignal;
  /** How long, ms, nothing may change before a run; default 500. */
  readonly quiet?: number;
  /** True: folders are looked through every few seconds, for shares that tell nothing of changes. Default false. */
  readonly polling?: boolean;
  /** The system can't watch so many files, or another process writes to the store: it is tried again. */
  readonly onTrouble?: (error: ClipError) => void;
}

/** Changes without end are taken in after so long, ms. */
const LONGEST_MS = 10_000;
/** Polling is slow where there are many files. */
const POLL_MS = 2_000;

const ENDINGS: ReadonlySet<string> = new Set([...PICTURE_ENDINGS, ...VIDEO_ENDINGS].map((one) => `.${one}`));

/** True for files whose changes change nothing in the store. */
function isForeign(path: string, isFile: boolean | undefined, roots: ReadonlySet<string>): boolean {
  const name = basename(path);
  if (roots.has(path) || name === IGNORE_FILE) return false;
  return name.startsWith(".") || (isFile === true && !ENDINGS.has(extname(name).toLowerCase()));
}

/** Changes since one asked last, and when no more come. */
class Changes {
  readonly #quiet: number;
  #first: number | undefined;
  #last = 0;
  #wake: () => void = () => {};

  constructor(quiet: number) {
    this.#quiet = quiet;
  }

  add(): void {
    this.#last = performance.now();
    this.#first ??= this.#last;
    this.#wake();
  }

  /** Resolves when there was a change and it has become quiet, or the signal fired. */
  async settled(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = performance.now();
      const due =
        this.#first === undefined ? Infinity : Math.min(this.#last + this.#quiet, this.#first + LONGEST_MS);
      if (due <= now) break;
      await this.#sleep(due - now, signal);
    }
    this.#first = undefined;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", this.#wake);
        resolve();
      };
      signal.addEventListener("abort", this.#wake, { once: true });
    });
  }
}

/**
 * `indexFolders` now, and again after every change in the folders, until the signal fires: a report a run. The store is held
 * during a run alone, so that others may write between two. Raises as `indexFolders` does in its first run.
 */
export async function* watchFolders(
  folders: readonly string[],
  options: WatchOptions,
): AsyncGenerator<IndexReport> {
  const { signal, quiet = 500, polling = false, onTrouble } = options;
  const changes = new Changes(quiet);
  const { watch } = await import("chokidar");
  throwIfAborted(signal);
  const roots = new Set(folders);
  const watcher = watch([...folders], {
    ignoreInitial: true,
    usePolling: polling,
    interval: POLL_MS,
    ignored: (path, stats) => isForeign(path, stats?.isFile(), roots),
  });
  watcher.on("all", () => changes.add());
  watcher.on("error", (error) => {
    const why = (error as Error).message;
    onTrouble?.(new ClipError("search.watch", `Expected to watch the folders but the system says: ${why}.`));
  });
  // Before the first run: what changes during it must not be missed.
  const ready = new Promise<void>((resolve) => {
    watcher.once("ready", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await ready;
    let isFirst = true;
    while (!signal.aborted) {
      try {
        yield await indexFolders(folders, options);
      } catch (error) {
        const passes = error instanceof ClipError && /^(?:search\.busy|input\.none)$/.test(error.code);
        if (isFirst || !passes) throw error;
        onTrouble?.(error);
        changes.add();
      }
      isFirst = false;
      await changes.settled(signal);
    }
  } finally {
    await watcher.close();
  }
}
