import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Machine, readMachine } from "../bench/machine.js";
import { asClipError, throwIfAborted } from "../errors.js";
import { writeFileAtomic } from "../models/atomic.js";
import { type DeviceName, runtimeVersion } from "../runtime/devices.js";
import { better, isBusy, MOST_TRIES } from "./busy.js";
import type { Rates } from "./estimate.js";
import { type Instruments, type Measurement, OWN } from "./instruments.js";
import type { PresentModel } from "./present.js";

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
  /**
   * Share of all cores that other programs used meanwhile, 0..1, where that was much: figures are then of the fastest runs, and
   * measured again the next time.
   */
  readonly others?: number;
  /** Seconds that this call measured; 0 where all was remembered. */
  readonly seconds: number;
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

/** Forms that are remembered of one machine. */
const MOST_FORMS = 100;

/** Raised when what is measured, or how, changes. */
const FORMAT = 2;

interface Remembered {
  readonly format: number;
  readonly rates?: Rates & Pick<Measurement, "others" | "tries">;
  readonly models: Readonly<Record<string, Measurement>>;
}

/**
 * Measures what this machine does: its rate for plain products of matrices, and the forms that are here and ready, each in
 * a process of its own, the small ones first. What was measured before on the same machine, ONNX Runtime, device and
 * number of threads is remembered under `home`; on a busy machine it is measured again the next times, and the best is
 * kept. Raises `aborted`.
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
  const isOpen = (one: Pick<Measurement, "others" | "tries"> | undefined): boolean =>
    one?.others !== undefined && (one.tries ?? 0) < MOST_TRIES;
  const wanted = models.filter(
    ({ key, ready }) => ready && (!measured[key]?.batches.length || isOpen(measured[key])),
  );
  const total = wanted.length + 1;
  let rates = known.rates;
  const ratesWanted = device === "cpu" && (!rates || isOpen(rates));
  let others = wanted.length > 0 || ratesWanted ? await instruments.others() : 0;
  if (ratesWanted) {
    onProgress?.(0, total, "the processor");
    const found = await instruments.rates(threads);
    rates = better(known.rates, { ...found, ...isBusy(others) }, faster);
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
      const found = await instruments.measure(model, {
        home,
        device,
        threads,
        leftMs,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      const after = await instruments.others();
      const now = { ...found, ...isBusy(Math.max(others, after)) };
      measured[model.key] = better(measured[model.key], now, quicker);
      others = after;
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
    rates = { ...rates, ...faster(rates, again) };
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
  const shares = models.map(({ key }) => measured[key]?.others ?? 0);
  const most = Math.max(rates?.others ?? 0, ...shares);
  rates ??= deviceRates(measured);
  return {
    machine,
    runtime,
    device,
    ...(rates ? { rates: { fp32: rates.fp32, int8: rates.int8 } } : {}),
    models: measured,
    missed,
    ...(most > 0 ? { others: most } : {}),
    seconds: wanted.length > 0 || known.rates === undefined ? seconds : 0,
  };
}

const faster = (a: Rates, b: Rates): Rates => ({
  fp32: Math.max(a.fp32, b.fp32),
  int8: Math.max(a.int8, b.int8),
});

/** Of each batch that both or one of them has the quicker one. */
function quicker(a: Measurement, b: Measurement): Measurement {
  const all = [...a.batches, ...b.batches].toSorted((one, other) => one.ms - other.ms);
  const sizes = [...new Set(all.map(({ batch }) => batch))].toSorted((one, other) => one - other);
  return { ...b, batches: sizes.map((size) => all.find(({ batch }) => batch === size)!) };
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
