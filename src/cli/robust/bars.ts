import { PARTS, type Part } from "../../robust/robust.js";
import { showsProgress } from "../options.js";
import { stagedProgress } from "../progress.js";

type Stage = Part | "reading";

/** A bar for each stage of measuring; a part says which of the asked ones it is. */
export function stagedBars(
  options: Parameters<typeof showsProgress>[0],
  parts: readonly Part[],
): ReturnType<typeof stagedProgress<Stage>> {
  const order = PARTS.filter((part) => parts.includes(part));
  const stages = Object.fromEntries(
    order.map((part, i): [string, readonly [string, string]] => [
      part,
      [order.length > 1 ? `${part}, part ${i + 1} of ${order.length}` : part, "passes"],
    ]),
  ) as Record<Part, readonly [string, string]>;
  return stagedProgress({ ...stages, reading: ["reading", "pictures"] }, showsProgress(options));
}
