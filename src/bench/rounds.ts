import { setTimeout as sleep } from "node:timers/promises";
import { type Contender, type Measure, type Measured, Run } from "./contender.js";
import { openPeak } from "./peak.js";
import { PixelFiles } from "./pixel-files.js";
import type { System } from "./system.js";

/** How much is measured, and on what. */
export interface RoundOptions {
  /** Times that every figure is taken; each round goes once through all contenders. */
  readonly rounds: number;
  /** Fresh processes that are started for the figures of starting; 0 leaves them out. */
  readonly coldRounds: number;
  /** Seconds of one figure of one contender, all rounds together. */
  readonly seconds: number;
  /** Pictures a run of the image tower. */
  readonly batches: readonly number[];
  /** Picture files; also the pixels that the tower is timed with. */
  readonly files: readonly string[];
  /** Texts; none leaves their figure out. */
  readonly texts: readonly string[];
  /** Measure from files to vectors. */
  readonly endToEnd: boolean;
  /** All contenders hold the same weights: their vectors are compared with the first one's. */
  readonly sameWeights?: boolean;
  /** Threads of the products that give the processor's peak; default: as a model's. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (at: {
    readonly done: number;
    readonly total: number;
    readonly note: string;
  }) => void;
}

export interface Measurements {
  readonly contenders: readonly Measured[];
  /** Billions of multiplications and additions a second of plain products, a value a round. */
  readonly peak: { readonly fp32: readonly number[]; readonly int8: readonly number[] };
}

/** Other processes' threads stop waiting in this time; then the next one has the cores. Measured: OpenMP spins longest, some 10 ms. */
const SETTLE_MS = 60;

/** Pictures that the tower is timed with: the largest batch asked for, at most this many (32 of 224 pixels are 5 MB). */
const MOST_PIXELS = 64;

/** Prompts of a person's first question. */
const FIRST_PROMPTS = ["a photo of a cat.", "a photo of a dog.", "a photo of a rocket."];

/** Fewest texts and files of one measurement: a run of the default batch of texts. */
const LEAST_ITEMS = 64;
const END_TO_END_BATCH = 32;

/** A figure to take of every contender in every round. */
interface Cell {
  readonly measure: Measure;
  /** Milliseconds of one item; `pace` is what the warm-up took, so that slow ones get fewer items. */
  take(system: System, forMs: number, pace: number | undefined): Promise<number>;
}

/** Every `n`-th item, so that `count` of them stand for all. */
export function spreadOver<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}

/** As many items as fit the time at this pace; few for the first look. */
function fitting<T>(items: readonly T[], forMs: number, pace: number | undefined): T[] {
  return spreadOver(items, pace === undefined ? LEAST_ITEMS : Math.max(LEAST_ITEMS, Math.ceil(forMs / pace)));
}

function cellsOf({ batches, files, texts, endToEnd, signal }: RoundOptions): Cell[] {
  const cells: Cell[] = batches.map((batch) => ({
    measure: `b${batch}`,
    async take(system, forMs) {
      const { ms, items } = await system.ask({ do: "images", batch, forMs }, signal);
      return ms / items;
    },
  }));
  if (texts.length > 0) {
    cells.push({
      measure: "text",
      async take(system, forMs, pace) {
        const { ms, items } = await system.ask(
          { do: "texts", texts: fitting(texts, forMs, pace), forMs: 0 },
          signal,
        );
        return ms / items;
      },
    });
  }
  if (endToEnd) {
    cells.push({
      measure: "files",
      async take(system, forMs, pace) {
        const chosen = fitting(files, forMs, pace);
        const { ms, items } = await system.ask(
          { do: "files", files: chosen, batch: END_TO_END_BATCH },
          signal,
        );
        return ms / items;
      },
    });
  }
  return cells;
}

/** A fresh process from its start to its first answer. */
async function coldStart(
  run: Run,
  file: string,
  kept: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const began = performance.now();
  await using system = run.start();
  const { ms, versions } = await system.ask({ do: "load", spec: run.contender.spec }, signal);
  const { residentBytes } = await system.ask({ do: "answer", file, prompts: FIRST_PROMPTS }, signal);
  const cold = performance.now() - began;
  run.learn(versions);
  if (!kept) return;
  run.add("load", ms);
  run.add("cold", cold);
  run.add("resident", residentBytes);
}

/** Opens the contender's long-lived process and gives it its pixels. */
async function open(
  run: Run,
  pixels: PixelFiles,
  count: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const system = run.start();
  run.system = system;
  const { size, versions } = await system.ask({ do: "load", spec: run.contender.spec }, signal);
  run.learn(versions, run.contender.own ? await system.ask({ do: "facts" }, signal) : undefined);
  await system.ask({ do: "pixels", ...(await pixels.of(size, count)) }, signal);
}

/** How far the others' vectors lie from the first contender's: 1 where they hold the same weights and compute exactly. */
async function compare(runs: readonly Run[], count: number, signal: AbortSignal | undefined): Promise<void> {
  let first: readonly (readonly number[])[] | undefined;
  for (const run of runs) {
    await run.step(async () => {
      const { rows } = await run.system!.ask({ do: "features", count }, signal);
      first ??= rows;
      const cosines = rows.map((row, i) => row.reduce((sum, value, at) => sum + value * first![i]![at]!, 0));
      run.worstCosine = Math.min(...cosines);
    }, signal);
  }
}

/** The list begun at another place each round, so that no contender always follows the same one. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

/**
 * Measures all contenders side by side: every round goes once through all of them, figure by figure, so that a slow
 * minute of the machine is everybody's. A contender that fails is left out from there on, with its sentence. Raises
 * `aborted`.
 */
export async function measure(
  contenders: readonly Contender[],
  options: RoundOptions,
): Promise<Measurements> {
  const { rounds, coldRounds, seconds, files, batches, signal, onProgress } = options;
  const runs = contenders.map((contender) => new Run(contender));
  const cells = cellsOf(options);
  const pictureCount = Math.min(MOST_PIXELS, Math.max(1, ...batches));
  const total = runs.length * (coldRounds + (coldRounds > 0 ? 1 : 0) + 1 + cells.length * (rounds + 1));
  let done = 0;
  const tick = (note: string): void => onProgress?.({ done: done++, total, note });
  const forMs = (1000 * seconds) / rounds;
  const peak = { fp32: [] as number[], int8: [] as number[] };

  // The first start warms the disk and compiles what is not compiled yet; it does not count.
  for (let round = -1; round < coldRounds && coldRounds > 0; round++) {
    for (const run of rotated(runs, round + 1)) {
      tick(`${run.contender.name}: start`);
      await run.step(() => coldStart(run, files[0]!, round >= 0, signal), signal);
    }
  }

  const pixels = new PixelFiles(files);
  const peaks = {
    fp32: await openPeak("fp32", options.threads),
    int8: await openPeak("int8", options.threads),
  };
  try {
    for (const run of runs) {
      tick(`${run.contender.name}: open`);
      await run.step(() => open(run, pixels, pictureCount, signal), signal);
    }
    if (options.sameWeights) await compare(runs, pictureCount, signal);
    const paces = new Map<string, number>();
    for (let round = -1; round < rounds; round++) {
      for (const cell of cells) {
        for (const run of rotated(runs, round + 1)) {
          const key = `${cell.measure} ${runs.indexOf(run)}`;
          tick(`${run.contender.name}: ${cell.measure}`);
          await run.step(async () => {
            await sleep(SETTLE_MS);
            const value = await cell.take(run.system!, round < 0 ? 0 : forMs, paces.get(key));
            paces.set(key, value);
            if (round >= 0) run.add(cell.measure, value);
          }, signal);
        }
      }
      if (round < 0) continue;
      peak.fp32.push(await peaks.fp32.measure(forMs));
      peak.int8.push(await peaks.int8.measure(forMs));
    }
  } finally {
    await Promise.all(runs.map((run) => run.close()));
    await Promise.all(Object.values(peaks).map((one) => one[Symbol.asyncDispose]()));
    await pixels[Symbol.asyncDispose]();
  }
  return { contenders: runs.map((run) => run.result()), peak };
}
