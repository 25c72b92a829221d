import { shippedPictures } from "../bench/inputs.js";
import { ownContender } from "../bench/own.js";
import { openPeak } from "../bench/peak.js";
import { PixelFiles } from "../bench/pixel-files.js";
import { System } from "../bench/system.js";
import type { DeviceName } from "../runtime/devices.js";
import { othersShare } from "./busy.js";
import { BATCHES, type Rates } from "./estimate.js";
import type { PresentModel } from "./present.js";

/** What was measured of one form at one batch. */
export interface MeasuredBatch {
  readonly batch: number;
  /** Of one picture, in the fastest run: what other programs take makes runs slower, never faster. */
  readonly ms: number;
  /** The same of the slowest run. */
  readonly slowestMs?: number;
  /** Of the process, after it. */
  readonly memoryBytes: number;
}

/** What was measured of one form: a batch that would have taken too long is not in it. */
export interface Measurement {
  readonly batches: readonly MeasuredBatch[];
  /** Multiplications and additions of one picture; only where a device's rate is to be told from it. */
  readonly operations?: number;
  /** Share of all cores that other programs used, 0..1; only where that was much: then it is measured again another time. */
  readonly others?: number;
  /** How often it was measured on a busy machine. */
  readonly tries?: number;
}

/** What measures; a test gives its own. */
export interface Instruments {
  rates(threads: number | undefined): Promise<Rates>;
  measure(model: PresentModel, options: MeasureOptions): Promise<Measurement>;
  /** Share of all cores that other programs use just now, 0..1. */
  others(): Promise<number>;
}

export interface MeasureOptions {
  readonly home: string;
  readonly device: DeviceName;
  readonly threads?: number | undefined;
  /** Milliseconds that are left; a batch that would take longer is left out. */
  readonly leftMs: () => number;
  readonly signal: AbortSignal;
}

/** Time of the rate of each kind of product, of each batch of a model, and of one of its runs at least. */
const RATE_MS = 400;
const BATCH_MS = 500;
const RUN_MS = 100;
/** Runs of a batch, and the fewest where there is time: a run alone tells no spread. */
const MOST_RUNS = 5;
const FEWEST_RUNS = 2;
/** A batch that would take longer, ms, is left out: advice is waited for. */
const LONGEST_BATCH_MS = 8_000;

/** zeroclip's own instruments: each model in a process of its own. */
export const OWN: Instruments = {
  async rates(threads) {
    await using fp32 = await openPeak("fp32", threads);
    await using int8 = await openPeak("int8", threads);
    return { fp32: await fp32.measure(RATE_MS), int8: await int8.measure(RATE_MS) };
  },

  others: othersShare,

  async measure({ model }, { home, device, threads, leftMs, signal }) {
    const pictures = await shippedPictures();
    const [file = ""] = pictures;
    const contender = ownContender(model, {
      home,
      device,
      offline: true,
      ...(threads === undefined ? {} : { threads }),
    });
    await using pixels = new PixelFiles(pictures);
    await using system = new System(contender);
    const { size } = await system.ask({ do: "load", spec: contender.spec }, signal);
    const most = BATCHES.at(-1)!;
    await system.ask({ do: "pixels", ...(await pixels.of(size, most)) }, signal);
    const batches: MeasuredBatch[] = [];
    for (const batch of BATCHES) {
      const runMs = batch * (batches.at(-1)?.ms ?? 0);
      // The first run of a batch is slower and does not count: two runs are what it takes at least.
      if (2 * runMs > Math.min(leftMs(), LONGEST_BATCH_MS)) break;
      await system.ask({ do: "images", batch, forMs: 0 }, signal);
      const times: number[] = [];
      const began = performance.now();
      const isLong = (): boolean => performance.now() - began > BATCH_MS;
      while (times.length < MOST_RUNS && (times.length < FEWEST_RUNS || !isLong())) {
        if (times.length > 0 && runMs > leftMs()) break;
        const { ms, items } = await system.ask({ do: "images", batch, forMs: RUN_MS }, signal);
        times.push(ms / items);
      }
      const { residentBytes } = await system.ask({ do: "answer", file, prompts: ["a photo."] }, signal);
      batches.push({
        batch,
        ms: Math.min(...times),
        slowestMs: Math.max(...times),
        memoryBytes: residentBytes,
      });
    }
    const facts = device === "cpu" ? undefined : await system.ask({ do: "facts" }, signal);
    return { batches, ...(facts ? { operations: facts.operations } : {}) };
  },
};
