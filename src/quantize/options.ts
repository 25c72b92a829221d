import { ClipError, shownValue } from "../errors.js";
import type { FindOptions, LoadProgress } from "../find-model.js";
import type { CalibrationStage } from "./calibrate.js";
import type { GateBounds } from "./gate.js";
import type { TaskOptions } from "./task.js";
import type { TowerJob } from "./tower.js";

/** What quantising is doing, beside what loading does. */
export interface QuantizeProgress extends Omit<LoadProgress, "stage"> {
  readonly stage:
    | LoadProgress["stage"]
    | "pictures"
    | "fp32"
    | CalibrationStage
    | "scales"
    | "write"
    | "int8"
    | "layers";
  readonly tower?: "image" | "text";
}

export interface QuantizeOptions extends Omit<FindOptions, "onProgress">, TaskOptions {
  /** The only form there is. */
  readonly to?: "int8";
  /**
   * Default: both. Where labels are computed once and pictures all day, a text tower as its weights are costs memory and no
   * time.
   */
  readonly towers?: readonly TowerJob["tower"][];
  /** Under these nothing is written. */
  readonly gate?: Partial<GateBounds>;
  /**
   * Where the gate says no: leave this many of the layers that cost most in fp32, and try once more. `auto`: the text tower as
   * its weights are where that is enough (labels are computed once and remembered), else twice as many layers each time,
   * from 4 until it passes. Default `auto`; 0: nothing is kept.
   */
  readonly keep?: number | "auto";
  readonly onProgress?: (progress: QuantizeProgress) => void;
}

const BOUNDS: GateBounds = { worstCosine: 0.99, agreement: 0.98 };

/** What a gate may have bounds of. */
const FIGURES: readonly string[] = ["worstCosine", "agreement", "top1Drop"] satisfies (keyof GateBounds)[];

/** More layers than any model has. */
const MOST_KEPT = 10_000;

/** What is kept where nothing is said: as much as it takes. */
export const KEEP = "auto";

export const TOWERS: readonly TowerJob["tower"][] = ["image", "text"];

/** The gate's bounds, given and default. Raises `usage.towers`, `usage.precision`, `usage.keep`, `usage.gate`. */
export function checkOptions({
  to,
  towers = TOWERS,
  keep = KEEP,
  gate = {},
  labelled,
}: QuantizeOptions): GateBounds {
  checkTowers(towers);
  if (to !== undefined && to !== "int8")
    throw new ClipError("usage.precision", `Expected int8 to quantise to but received "${to}".`);
  if (keep !== "auto" && !(Number.isInteger(keep) && keep >= 0 && keep <= MOST_KEPT))
    throw new ClipError(
      "usage.keep",
      `Expected 0 to ${MOST_KEPT} layers to keep, or auto, but received ${keep}.`,
    );
  const unknown = Object.keys(gate).find((figure) => !FIGURES.includes(figure));
  if (unknown !== undefined)
    throw new ClipError(
      "usage.gate",
      `Expected bounds of the gate among ${FIGURES.join(", ")} but received ${shownValue(unknown)}.`,
    );
  if (gate.top1Drop !== undefined && labelled === undefined)
    throw new ClipError(
      "usage.gate",
      "Expected labelled pictures with a bound of the drop in top-1 but received none: --max-drop (top1Drop) needs --labelled (labelled).",
    );
  const bounds = { ...BOUNDS, ...gate };
  for (const [figure, value] of Object.entries(bounds)) {
    if (typeof value === "number" && value >= -1 && value <= 1) continue;
    throw new ClipError("usage.gate", `Expected ${figure} from -1 to 1 but received ${value}.`);
  }
  return bounds;
}

function checkTowers(towers: readonly TowerJob["tower"][]): void {
  const list: unknown = towers;
  const wrong = Array.isArray(list) ? list.find((tower) => !TOWERS.includes(tower)) : list;
  if (wrong === undefined && towers.length > 0) return;
  const received = wrong === undefined ? "none" : shownValue(wrong);
  throw new ClipError("usage.towers", `Expected towers image, text or both but received ${received}.`);
}
