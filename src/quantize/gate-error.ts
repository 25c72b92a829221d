import { ClipError } from "../errors.js";
import type { GateFailure } from "./gate.js";
import type { LayerCost } from "./sensitivity.js";

/** Layers that an error names. */
const SHOWN = 3;

/** What a gate that said no had to do with. */
interface Refusal {
  readonly name: string;
  readonly failures: readonly GateFailure[];
  /** Dearest first. */
  readonly costs: readonly LayerCost[];
  /** Layers that were kept in fp32 in the last try. */
  readonly kept: number;
  /** True where the pictures were given. */
  readonly ownPhotos: boolean;
  /** True where the figures would pass with the text tower as its weights are. */
  readonly imageAlone: boolean;
}

/** Which figures failed, which layers cost most, and what can be done. */
export function gateError({ name, failures, costs, kept, ownPhotos, imageAlone }: Refusal): ClipError {
  const figures = failures.map(({ words }) => words).join(", and ");
  // Those that are kept already are of no more use.
  const dearest = costs
    .slice(kept, kept + SHOWN)
    .map(({ tower, layer, cost }) => `${layer} of the ${tower} tower (${cost.toExponential(1)})`);
  const which = kept === 0 ? "the layers that cost most" : "of the others those that cost most";
  const layers = dearest.length > 0 ? `; ${which} are ${dearest.join(", ")}` : "";
  const alone = imageAlone ? "--towers image passes, " : "";
  const hint =
    kept === 0
      ? `${alone}--keep auto leaves as many of them in fp32 as it takes`
      : `${kept === 1 ? "1 layer was" : `${kept} layers were`} kept in fp32 and it is not enough`;
  const photos = ownPhotos
    ? ""
    : ", and --calibration FOLDER measures with a few hundred photos of yours instead of the few that ship";
  return new ClipError("quantize.gate", `Expected of ${name}@int8 ${figures}${layers}: ${hint}${photos}.`);
}
