import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { benchPictures } from "../bench/inputs.js";
import { type Machine, readMachine } from "../bench/machine.js";
import { ownContender } from "../bench/own.js";
import { openPeak } from "../bench/peak.js";
import { PixelFiles } from "../bench/pixel-files.js";
import { System } from "../bench/system.js";
import { asClipError, throwIfAborted } from "../errors.js";
import { writeFileAtomic } from "../models/atomic.js";
import { type DeviceName, runtimeVersion } from "../runtime/devices.js";
import { BATCHES, type Rates } from "./estimate.js";
import type { PresentModel } from "./present.js";

/** What was measured of one form at one batch. */
export interface MeasuredBatch {
  readonly batch: number;
  /** Of one picture. */
  readonly ms: number;
  /** Of the process, after it. */
  readonly memoryBytes: number;
}

/** What was measured of one form: a batch that would have taken too long is not in it. */
export interface Measurement {
  readonly batches: readonly MeasuredBatch[];
  /** Multiplications and additions of one picture; only where a device's rate is to be told from it. */
  readonly operations?: number;
}

/** What is known of this machine. */
export interface Probe {
  readonly machine: Machine;
  /** ONNX Runtime's version. */
  readonly runtime: string;
  readonly device: DeviceName;
  /** Absent where no rate could be told (a device other than the processor on which nothing was measured). */
  readonly rates?: Rates;
  /** By the key of the form. */
  readonly models: Readonly<Record<string, Measurement>>;
  /** Forms that were not measured: the time was over, or they failed, in their own words. */
  readonly missed: Readonly<Record<string, string>>;
  /** Seconds that this call measured; 0 where all was remembered. */
  readonly seconds: number;
}

/** What measures; a test gives its own. */
export interface Instruments {
  rates(threads: number | undefined): Promise<Rates>;
  measure(model: PresentModel, options: MeasureOptions): Promise<Measurement>;
}

export interface MeasureOptions {
  readonly home: string;
  readonly device: DeviceName;
  readonly threads?: number | undefined;
  /** Milliseconds that are left; a batch that would take longer is left out. */
  readonly leftMs: () => number;
  readonly signal: AbortSignal;
}

export interface ProbeOptions {
  readonly home: string;
  readonly device?: DeviceName;
  readonly threads?: number;
  readonly models: readonly PresentModel[];
  /** Measure anew what is remembered. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number, note: string) => void;
  readonly instruments?: Instruments;
  /** Longest time of all measuring, ms. */
  readonly longestMs?: number;
}

/** All measuring of one call ends after this: advice is waited for. */
const LONGEST_MS = 18_000;

/** Time of the rate of each kind of product, and of each batch of a model. */
const RATE_MS = 400;
const BATCH_MS = 500;

/** Forms that are remembered of one machine. */
const MOST_FORMS = 100;

/** Raised when what is measured, or how, changes. */
const FORMAT = 1;

interface Remembered {
  readonly format: number;
  readonly rates?: Rates;
  readonly models: Readonly<Record<string, Measurement>>;
}

/**
 * Measures what this machine does: its rate for plain products of matrices, and the forms that are here and ready, each in
 * a process of its own, the small ones first. What was measured before on the same machine, ONNX Runtime, device and
 * number of threads is remembered under `home`. Raises `aborted`.
 */
export async function probe(options: ProbeOptions): Promise<Probe> {
  const { home, device = "cpu", threads, models, instruments = OWN, signal, onProgress } = options;
  throwIfAborted(signal);
  const machine = readMachine();
  const runtime = await runtimeVersion();
  const path = join(home, "advise", `${keyOf({ ...machine, runtime, device, threads })}.json`);
  const known = options.fresh ? NOTHING : await recall(path);
  const began = performance.now();
  const longest = options.longestMs ?? LONGEST_MS;
  const leftMs = (): number => longest - (performance.now() - began);
  const missed: Record<string, string> = {};
  const measured: Record<string, Measurement> = { ...known.models };
  const wanted = models.filter(({ key, ready }) => ready && !measured[key]?.batches.length);
  const total = wanted.length + 1;
  let rates = known.rates;
  if (!rates && device === "cpu") {
    onProgress?.(0, total, "the processor");
    rates = await instruments.rates(threads);
  }
  for (const [i, model] of wanted.entries()) {
    throwIfAborted(signal);
    if (leftMs() <= 0) {
      missed[model.key] = `the ${Math.round(longest / 1000)} s of measuring were over`;
      continue;
    }
    onProgress?.(i + 1, total, model.model);
    const limit = AbortSignal.timeout(Math.ceil(leftMs()));
    try {
      measured[model.key] = await instruments.measure(model, {
        home,
        device,
        threads,
        leftMs,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
    } catch (error) {
      throwIfAborted(signal);
      missed[model.key] = limit.aborted
        ? `the ${Math.round(longest / 1000)} s of measuring were over`
        : asClipError(error, "advise.probe").message;
    }
  }
  // A second look, so that one busy moment does not make the machine slow for ever.
  if (rates && rates !== known.rates && leftMs() > 0) {
    const again = await instruments.rates(threads);
    rates = { fp32: Math.max(rates.fp32, again.fp32), int8: Math.max(rates.int8, again.int8) };
  }
  const seconds = (performance.now() - began) / 1000;
  if (wanted.length > 0 || rates !== known.rates) {
    const kept: Remembered = {
      format: FORMAT,
      ...(rates ? { rates } : {}),
      models: Object.fromEntries(Object.entries(measured).slice(-MOST_FORMS)),
    };
    // A folder that can't be written to costs the same time at the next call, and nothing else.
    await writeFileAtomic(path, JSON.stringify(kept, undefined, 1)).catch(() => undefined);
  }
  rates ??= deviceRates(measured);
  return {
    machine,
    runtime,
    device,
    ...(rates ? { rates } : {}),
    models: measured,
    missed,
    seconds: wanted.length > 0 || known.rates === undefined ? seconds : 0,
  };
}

const NOTHING: Remembered = { format: FORMAT, models: {} };

function keyOf(facts: object): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}

/** What another call wrote; damaged or of another format it is measured anew. */
async function recall(path: string): Promise<Remembered> {
  try {
    const json = JSON.parse(await readFile(path, "utf8")) as Partial<Remembered>;
    if (json.format !== FORMAT || typeof json.models !== "object" || json.models === null) return NOTHING;
    const { rates } = json;
    const good = rates !== undefined && isAbove0(rates.fp32) && isAbove0(rates.int8);
    const models = Object.entries(json.models).filter(([, one]) => isMeasurement(one));
    return { format: FORMAT, ...(good ? { rates } : {}), models: Object.fromEntries(models) };
  } catch {
    return NOTHING;
  }
}

const isAbove0 = (value: unknown): boolean =>
  typeof value === "number" && Number.isFinite(value) && value > 0;

function isMeasurement(one: Partial<Measurement> | null): boolean {
  return (
    Array.isArray(one?.batches) &&
    one.batches.every((at) => isAbove0(at?.batch) && isAbove0(at?.ms) && isAbove0(at?.memoryBytes))
  );
}

/** Of a device whose rate isn't measured by itself: the best that a model reached on it. */
function deviceRates(models: Readonly<Record<string, Measurement>>): Rates | undefined {
  const reached = Object.values(models).flatMap(({ operations, batches }) =>
    operations === undefined ? [] : batches.map(({ ms }) => operations / ms / 1e6),
  );
  const best = Math.max(...reached);
  return reached.length > 0 ? { fp32: best, int8: best } : undefined;
}

const OWN: Instruments = {
  async rates(threads) {
    await using fp32 = await openPeak("fp32", threads);
    await using int8 = await openPeak("int8", threads);
    return { fp32: await fp32.measure(RATE_MS), int8: await int8.measure(RATE_MS) };
  },

  async measure({ model }, { home, device, threads, leftMs, signal }) {
    const pictures = await benchPictures();
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
      const pace = batches.at(-1)?.ms;
      // The first run of a batch is slower and does not count: two runs are what it takes at least.
      if (pace !== undefined && 2 * batch * pace > Math.min(leftMs(), 8 * BATCH_MS)) break;
      await system.ask({ do: "images", batch, forMs: 0 }, signal);
      const { ms, items } = await system.ask({ do: "images", batch, forMs: BATCH_MS }, signal);
      const { residentBytes } = await system.ask({ do: "answer", file, prompts: ["a photo."] }, signal);
      batches.push({ batch, ms: ms / items, memoryBytes: residentBytes });
    }
    const facts = device === "cpu" ? undefined : await system.ask({ do: "facts" }, signal);
    return { batches, ...(facts ? { operations: facts.operations } : {}) };
  },
};
