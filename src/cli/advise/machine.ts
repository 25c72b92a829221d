import type { AdviseOptions, survey } from "../../advise/advise.js";
import { showsProgress } from "../options.js";
import { warn } from "../output.js";
import { type Progress, progress } from "../progress.js";

/** Options of all three commands. */
export interface MachineOptions {
  readonly device?: NonNullable<AdviseOptions["device"]>;
  readonly threads?: number;
  readonly model?: string;
  readonly fresh?: boolean;
  readonly home?: string;
  readonly offline?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** Options as the library takes them, with bars and warnings on stderr. */
export function machineOptions(
  signal: AbortSignal,
  options: MachineOptions,
): Parameters<typeof survey>[0] & { stop: () => void } {
  const { device, threads, model, fresh, home, offline } = options;
  let current: { stage: string; bar: Progress } | undefined;
  const stop = (): void => {
    current?.bar.stop();
    current = undefined;
  };
  return {
    signal,
    onProgress: (stage, { done, total }, note) => {
      const key = stage === "machine" ? stage : note;
      if (current?.stage !== key) {
        stop();
        const [what, unit] =
          stage === "machine" ? ["measuring this machine", "steps"] : ["measuring", "pictures"];
        current = { stage: key, bar: progress(what!, unit!, showsProgress(options)) };
      }
      current!.bar.update(done, total, note);
    },
    onWarning: (message) => {
      if (options.quiet) return;
      current?.bar.clear();
      warn(message);
    },
    stop,
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(model === undefined ? {} : { models: model.split(",").map((name) => name.trim()) }),
    ...(fresh ? { fresh } : {}),
    ...(home === undefined ? {} : { home }),
    ...(offline ? { offline } : {}),
  };
}
