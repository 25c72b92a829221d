import { createRequire } from "node:module";
import type { SingleBar } from "cli-progress";
import type { LoadProgress } from "../find-model.js";
import { bytes } from "./bytes.js";

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

/** Work of one kind with its rate and the time left; `unit` tells how counts are shown. */
export function progress(what: string, unit: "bytes" | string, shown: boolean): Progress {
  if (!shown) return { update: () => {}, clear: () => {}, stop: () => {} };
  const began = Date.now();
  const show = (count: number): string => (unit === "bytes" ? bytes(count) : String(count));
  let bar: SingleBar | undefined;
  const open = (total: number): SingleBar => {
    // Loaded with the first bar: quick commands draw none.
    const { SingleBar, Presets } = createRequire(import.meta.url)(
      "cli-progress",
    ) as typeof import("cli-progress");
    const made = new SingleBar(
      {
        format: (_options, { value, total: all }, { note, left, rate }) => {
          const size = all > 0 ? `${show(value)} / ${show(all)}` : show(value);
          const share = all > 0 ? value / all : 0;
          const cells = Math.round(20 * share);
          const gauge = all > 0 ? `${"━".repeat(cells)}${"─".repeat(20 - cells)} ` : "";
          return `${what} ${gauge}${size}${rate}${left} ${note}`.slice(0, (process.stderr.columns || 80) - 1);
        },
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
    made.start(total, 0, { note: "", left: "", rate: "" });
    return made;
  };
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    update(done, total, note) {
      const seconds = (Date.now() - began) / 1000;
      if (bar === undefined && seconds * 1000 < QUIET_MS) return;
      bar ??= open(total ?? 0);
      const perSecond = done / seconds;
      const rate =
        unit === "bytes"
          ? `  ${bytes(perSecond)}/s`
          : `  ${perSecond.toFixed(perSecond < 10 ? 1 : 0)} ${unit}/s`;
      const left = total !== undefined && done > 0 ? `  ${duration((total - done) / perSecond)} left` : "";
      if (total !== undefined) bar.setTotal(total);
      bar.update(done, { note, left, rate });
    },
    clear: stop,
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
