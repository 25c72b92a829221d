import type { Part } from "../../robust/robust.js";
import { showsProgress } from "../options.js";
import { type Progress, progress } from "../progress.js";

type Stage = Part | "reading";

/** What is counted at each stage. */
const UNITS: Readonly<Record<Stage, string>> = {
  reading: "pictures",
  corruptions: "passes",
  resolutions: "passes",
  typographic: "passes",
  adversarial: "attacks",
  defences: "attacks",
  detection: "passes",
};

/** A bar for each stage of measuring. */
export function stagedBars(options: { quiet?: boolean; progress?: boolean }): {
  report(stage: Stage, done: number, total: number): void;
  stop(): void;
} {
  let bar: Progress | undefined;
  let shown: Stage | undefined;
  return {
    report(stage, done, total) {
      if (stage !== shown) {
        bar?.stop();
        bar = progress(stage, UNITS[stage], showsProgress(options));
        shown = stage;
      }
      bar?.update(done, total, "");
    },
    stop: () => bar?.stop(),
  };
}
