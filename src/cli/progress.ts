import { createRequire } from "node:module";
import type { SingleBar } from "cli-progress";
import stringWidth from "string-width";
import type { LoadProgress } from "../find-model.js";
import { bytes } from "./bytes.js";
import { clip } from "./table.js";

/** How long work may take before a bar appears: quick commands stay quiet. */
const QUIET_MS = 700;

/** A bar on stderr; nothing where stderr is no terminal or the person wants none. */
export interface Progress {
  update(done: number, total: number | undefined, note: string): void;
  /** Takes the bar away until the next update, so that a line can be written. */
  clear(): void;
  stop(): void;
}

function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  return s < 3600
    ? `${Math.floor(s / 60)} min ${s % 60} s`
    : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** What a line of progress says. */
export interface Standing {
  readonly what: string;
  /** What it is done to: a file, a tower. */
  readonly note: string;
  readonly done: number;
  /** Absent or 0: nobody knows how much there is. */
  readonly total?: number | undefined;
  readonly unit: "bytes" | string;
  /** Since the work began. */
  readonly seconds: number;
  /** Of them, those until `done` was reached, so that a rate stays while a batch is computed; default: all. */
  readonly reached?: number;
  /** What was done already when the work began: it says nothing of the rate. */
  readonly from?: number;
}

/** Seconds within which nothing can have been done yet. */
const AT_ONCE = 0.05;

/** Under so many a second it is told how long one takes. */
const SLOW = 0.5;

/** Cells of the bar, and the fewest that still show something. */
const [BAR, LEAST_BAR] = [20, 6];

/** One line of at most so many cells: the words give way to the figures, the bar to both. */
export function progressLine(
  { what, note, done, total = 0, unit, seconds, reached = seconds, from = 0 }: Standing,
  width: number,
): string {
  const show = (count: number): string => (unit === "bytes" ? bytes(count) : String(count));
  const size = total > 0 ? `${show(done)} / ${show(total)}` : show(done);
  const perSecond = (done - from) / reached;
  const left = Math.max(0, (total - done) / perSecond - (seconds - reached));
  const pace =
    unit === "bytes"
      ? `${bytes(perSecond)}/s`
      : perSecond < SLOW
        ? `${duration(1 / perSecond)} each`
        : `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} ${unit}/s`;
  // Before the first of them is done there is no rate: how long it has been tells that work goes on.
  const figures =
    done > from
      ? [size, pace, ...(total > 0 ? [`${duration(left)} left`] : [])]
      : [size, `for ${duration(seconds)}`];
  const words = note === "" ? what : `${what} (${note})`;
  const tail = figures.join("  ");
  const room = width - stringWidth(words) - stringWidth(tail) - 2;
  if (total > 0 && room >= LEAST_BAR) {
    const cells = Math.min(BAR, room);
    const full = Math.round((cells * Math.min(done, total)) / total);
    return `${words} ${"━".repeat(full)}${"─".repeat(cells - full)} ${tail}`;
  }
  const rest = Math.max(1, width - stringWidth(tail) - 1);
  return clip(`${clip(words, rest)} ${tail}`, width);
}

/** Work of one kind with its rate and the time left; `unit` tells how counts are shown. It is drawn anew while nothing is told. */
export function progress(what: string, unit: "bytes" | string, shown: boolean): Progress {
  if (!shown) return { update: () => {}, clear: () => {}, stop: () => {} };
  const began = Date.now();
  const sinceBegan = (): number => Math.max(0.001, (Date.now() - began) / 1000);
  let at = { done: 0, total: undefined as number | undefined, note: "" };
  let from: number | undefined;
  let reached: number | undefined;
  let bar: SingleBar | undefined;
  let opening: NodeJS.Timeout | undefined;
  const line = (): string =>
    progressLine(
      {
        what,
        unit,
        ...at,
        from: from ?? 0,
        seconds: sinceBegan(),
        ...(reached === undefined ? {} : { reached }),
      },
      (process.stderr.columns || 80) - 1,
    );
  const open = (): SingleBar => {
    // Loaded with the first bar: quick commands draw none.
    const { SingleBar, Presets } = createRequire(import.meta.url)(
      "cli-progress",
    ) as typeof import("cli-progress");
    const made = new SingleBar(
      {
        format: line,
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
        forceRedraw: true,
        // With --progress into a file or pipe: a line every few seconds.
        noTTYOutput: true,
        notTTYSchedule: 5000,
      },
      Presets.legacy,
    );
    made.start(at.total ?? 0, at.done);
    return made;
  };
  const stop = (): void => {
    clearTimeout(opening);
    opening = undefined;
    bar?.stop();
    bar = undefined;
  };
  return {
    update(done, total, note) {
      // What is told at once was there before (work that goes on), or counts what has only begun.
      from ??= sinceBegan() < AT_ONCE ? done : 0;
      if (done !== at.done) reached = sinceBegan();
      at = { done, total, note };
      const early = began + QUIET_MS - Date.now();
      if (bar === undefined && early > 0) {
        // What tells of its first step long after it began is shown meanwhile.
        opening ??= setTimeout(() => {
          bar ??= open();
        }, early).unref();
        return;
      }
      bar ??= open();
      if (total !== undefined) bar.setTotal(total);
      bar.update(done);
    },
    clear: stop,
    stop,
  };
}

/** Work of several stages, one bar after the other. */
export function stagedProgress<Stage extends string>(
  stages: Readonly<Record<Stage, readonly [what: string, unit: "bytes" | string]>>,
  shown: boolean,
): { report(stage: Stage, done: number, total: number | undefined): void; stop(): void } {
  let bar: Progress | undefined;
  let current: Stage | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
    current = undefined;
  };
  return {
    report(stage, done, total) {
      if (stage !== current) {
        stop();
        const [what, unit] = stages[stage];
        bar = progress(what, unit, shown);
        current = stage;
      }
      bar?.update(done, total, "");
    },
    stop,
  };
}

const STAGES: Readonly<Record<LoadProgress["stage"], string>> = {
  download: "downloading",
  hash: "reading",
  compile: "compiling",
  open: "opening",
};

/** Reports of `loadClip` as one bar a stage. */
export function loadProgress(shown: boolean): { report: (progress: LoadProgress) => void; stop: () => void } {
  let stage: string | undefined;
  let current: Progress | undefined;
  return {
    report(at) {
      const key = `${at.stage} ${at.file ?? ""}`;
      if (key !== stage) {
        current?.stop();
        current = progress(STAGES[at.stage], at.stage === "open" ? "towers" : "bytes", shown);
        stage = key;
      }
      current?.update(at.done, at.total, at.file ?? "");
    },
    stop() {
      current?.stop();
      current = undefined;
      stage = undefined;
    },
  };
}
