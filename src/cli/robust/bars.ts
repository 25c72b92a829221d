import type { Part } from "../../robust/robust.js";
import { showsProgress } from "../options.js";
import { stagedProgress } from "../progress.js";

/** What is counted at each stage of measuring. */
const STAGES: Readonly<Record<Part | "reading", readonly [what: string, unit: string]>> = {
  reading: ["reading", "pictures"],
  corruptions: ["corruptions", "passes"],
  resolutions: ["resolutions", "passes"],
  typographic: ["typographic", "passes"],
  adversarial: ["adversarial", "passes"],
  defences: ["defences", "passes"],
  detection: ["detection", "passes"],
};

/** A bar for each stage of measuring. */
export const stagedBars = (
  options: Parameters<typeof showsProgress>[0],
): ReturnType<typeof stagedProgress<keyof typeof STAGES>> => stagedProgress(STAGES, showsProgress(options));
