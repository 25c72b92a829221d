import type { Embedding } from "../math/unit.js";
import { similaritiesOf } from "./predict.js";
import type { ZeroShotWeights } from "./weights.js";

/** What is made of several squares: the mean of their vectors, or the one that fits a label best. */
export const VIEW_MODES = ["average", "best"] as const;
export type ViewMode = (typeof VIEW_MODES)[number];

/** What squares a picture was seen as, and how they became one; of one square alone there is no mode. */
export function viewsName(views: string = "center", viewMode?: ViewMode): string {
  return viewMode === "best" && views !== "center" ? `${views} (best)` : views;
}

/** Of a picture's squares the one whose best label fits best; of equal ones the first. */
export function bestView(views: readonly Embedding[], weights: ZeroShotWeights): Embedding {
  let [best, most] = [views[0]!, -Infinity];
  for (const view of views) {
    const fits = similaritiesOf(view, weights).reduce((a, b) => Math.max(a, b), -Infinity);
    if (fits > most) [best, most] = [view, fits];
  }
  return best;
}
