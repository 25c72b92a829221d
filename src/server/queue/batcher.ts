import { ClipError, throwIfAborted } from "../../errors.js";
import { BusyError } from "./busy.js";
import { FairQueue, type Priority, type Waiting } from "./fair-queue.js";
import { Pace } from "./pace.js";

/** Who asks, and how much it matters. */
export interface Asker {
  readonly client: string;
  readonly priority: Priority;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a run, for metrics. */
export interface RunFigures {
  readonly items: number;
  /** Seconds that each of its items waited. */
  readonly waited: readonly number[];
  readonly seconds: number;
}

export interface BatcherOptions<I, O> {
  /** Things of one kind → a result or an error each, in order. */
  readonly run: (items: readonly I[], kind: string) => Promise<readonly (O | ClipError)[]>;
  /** Most things a run. */
  readonly maxBatch: number;
  /** Longest wait for those who were answered last to ask again, ms; never above a tenth of that run. */
  readonly maxWaitMs: number;
  /** Longest that a run is to take, ms: of slow models fewer are taken at once. */
  readonly maxRunMs: number;
  /** Where the wait would be longer than this, ms, more work is refused. */
  readonly maxQueueMs: number;
  /** Most bytes that may wait. */
  readonly maxQueueBytes: number;
  /** Bytes that a thing holds while it waits. */
  readonly bytesOf?: (item: I) => number;
  readonly onRun?: (figures: RunFigures) => void;
  /** Milliseconds, growing. */
  readonly clock?: () => number;
}

interface Entry<I, O> extends Waiting {
  readonly item: I;
  readonly bytes: number;
  readonly at: number;
  readonly done: (result: O | ClipError) => void;
}

/** Two runs at once: one computes while the next one's pictures are decoded. */
const AT_ONCE = 2;

/** Shorter waits are not worth a timer. */
const LEAST_WAIT_MS = 0.5;

/** The run that ended last: its things, those that waited when it ended, how long it took, and when it ended; none yet. */
const NOTHING = { items: 0, waiting: 0, ms: 0, ended: 0 };

/** Runs that begin at once after waits in vain: two, then twice as many each time up to this. */
const MOST_SKIPPED = 16;

/** Things that may wait before anything is known of the pace, in largest runs. */
const UNKNOWN_RUNS = 16;

/**
 * Gathers what many requests ask into runs. While the machine is free a thing is run at once, or after a short wait for those
 * who were answered together with it; while it is busy whatever comes gathers for the next run. Refuses (`server.busy`) what would
 * wait too long.
 */
export class Batcher<I, O> {
  readonly #options: BatcherOptions<I, O>;
  readonly #queue = new FairQueue<Entry<I, O>>();
  readonly #pace = new Pace();
  readonly #clock: () => number;
  #bytes = 0;
  #running = 0;
  #runningItems = 0;
  #timer: NodeJS.Timeout | undefined;
  #last = NOTHING;
  /** Waits in vain, one after the other, and runs that do not wait because of them. */
  #vain = 0;
  #skips = 0;

  constructor(options: BatcherOptions<I, O>) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** Things that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Estimated wait of what comes now, ms. */
  get waitMs(): number {
    return (this.#queue.size + this.#runningItems) * (this.#pace.msAnItem ?? 0);
  }

  /** Raises `server.busy` where a thing that came now would be refused. */
  admit(count = 1, bytes = 0): void {
    const { maxBatch, maxQueueMs, maxQueueBytes } = this.#options;
    const known = this.#pace.msAnItem;
    const ahead = this.#queue.size + this.#runningItems;
    const late = known === undefined ? ahead > UNKNOWN_RUNS * maxBatch : ahead * known > maxQueueMs;
    // What is alone is never too much: its size was bounded where it came in.
    const full = ahead > 0 && this.#bytes + bytes > maxQueueBytes;
    if (late || full) throw new BusyError(Math.max(1, Math.ceil(((ahead + count) * (known ?? 100)) / 2000)));
  }

  /** Results or errors, in order. Raises `server.busy`, `aborted`. */
  async submit(
    items: readonly I[],
    kind: string,
    { client, priority, signal }: Asker,
  ): Promise<(O | ClipError)[]> {
    if (items.length === 0) return [];
    const sizes = items.map((item) => this.#options.bytesOf?.(item) ?? 0);
    this.admit(
      items.length,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    throwIfAborted(signal);
    const now = this.#clock();
    const own = new Set<Entry<I, O>>();
    const results = items.map(
      (item, i) =>
        new Promise<O | ClipError>((done) => {
          const entry = { item, client, priority, kind, bytes: sizes[i]!, at: now, done };
          own.add(entry);
          this.#bytes += entry.bytes;
          this.#queue.push(entry);
        }),
    );
    const leave = (): void => {
      this.#queue.remove((entry) => {
        if (!own.has(entry)) return false;
        this.#bytes -= entry.bytes;
        entry.done(new ClipError("aborted", "The request was given up."));
        return true;
      });
    };
    signal?.addEventListener("abort", leave, { once: true });
    this.#pump();
    try {
      return await Promise.all(results);
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Most things of the next run: fewer of a slow model, so that nobody waits long for a run to end. */
  get #batch(): number {
    const { maxBatch, maxRunMs } = this.#options;
    const known = this.#pace.msAnItem;
    return known === undefined ? maxBatch : Math.min(maxBatch, Math.max(1, Math.floor(maxRunMs / known)));
  }

  #pump(): void {
    while (this.#queue.size > 0 && this.#running < AT_ONCE) {
      const most = this.#batch;
      // A second run is for a queue that fills one well; the rest gathers until the first has ended.
      if (this.#running > 0 && this.#queue.size < Math.ceil(most / 2)) return;
      if (this.#running === 0 && this.#isWorthWaiting(most)) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#run(this.#queue.take(most));
    }
  }

  /**
   * True where those who were answered last are likely to come again in a moment, and to fit beside those who wait already:
   * those who ask one picture after the other. A timer then goes on; alone nobody waits, and where waits were in vain the next
   * runs do without.
   */
  #isWorthWaiting(most: number): boolean {
    const { items, waiting, ms, ended } = this.#last;
    if (this.#queue.size >= Math.min(most, items + waiting)) {
      if (this.#timer) this.#vain = 0;
      return false;
    }
    if (this.#skips > 0) return false;
    const left = ended + Math.min(this.#options.maxWaitMs, ms / 10) - this.#clock();
    if (left < LEAST_WAIT_MS) return false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#last = NOTHING;
      this.#skips = Math.min(MOST_SKIPPED, 2 ** ++this.#vain);
      this.#pump();
    }, left);
    return true;
  }

  async #run(entries: readonly Entry<I, O>[]): Promise<void> {
    const began = this.#clock();
    const alone = this.#running === 0;
    this.#running += 1;
    this.#runningItems += entries.length;
    for (const { bytes } of entries) this.#bytes -= bytes;
    const items = entries.map(({ item }) => item);
    let results: readonly (O | ClipError)[];
    try {
      results = await this.#options.run(items, entries[0]!.kind);
    } catch (error) {
      const failed =
        error instanceof ClipError
          ? error
          : new ClipError("server.run", "The model failed.", { cause: error });
      results = entries.map(() => failed);
    }
    const ms = this.#clock() - began;
    this.#running -= 1;
    this.#runningItems -= entries.length;
    this.#last = { items: entries.length, waiting: this.#queue.size, ms, ended: this.#clock() };
    if (this.#skips > 0) this.#skips -= 1;
    // Beside another run each takes up to twice as long as it costs.
    this.#pace.ran(entries.length, alone ? ms : ms / 2);
    this.#options.onRun?.({
      items: entries.length,
      waited: entries.map(({ at }) => (began - at) / 1000),
      seconds: ms / 1000,
    });
    for (const [i, { done }] of entries.entries()) done(results[i]!);
    this.#pump();
  }
}
