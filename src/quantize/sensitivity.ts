import { dot } from "../math/dot.js";
import type { Embedding } from "../math/unit.js";

/** Trials a tower: each writes and opens it once more. Towers with more layers are tried in groups of neighbours. */
const MOST_TRIALS = 48;

/** Inputs a trial, those that fare worst with all layers in int8. */
const MOST_INPUTS = 8;

/** What a layer costs: how much nearer to fp32 the features come, in cosine, where it alone stays fp32. */
export interface LayerCost {
  readonly tower: "image" | "text";
  /** Name of its weight. */
  readonly layer: string;
  readonly cost: number;
}

/** Positions of the inputs whose features are farthest from fp32. */
export function worstInputs(fp32: readonly Embedding[], int8: readonly Embedding[]): number[] {
  const cosines = fp32.map((vector, i) => dot(vector, int8[i]!));
  return cosines
    .map((_, i) => i)
    .sort((a, b) => cosines[a]! - cosines[b]! || a - b)
    .slice(0, MOST_INPUTS);
}

/**
 * Layers by what they cost, dearest first. `distance` is 1 − the mean cosine of some inputs with these layers in fp32;
 * it is asked once for none of them and at most 48 times more.
 */
export async function rankLayers(
  tower: LayerCost["tower"],
  layers: readonly string[],
  distance: (kept: ReadonlySet<string>) => Promise<number>,
  onProgress?: (done: number, total: number) => void,
): Promise<LayerCost[]> {
  const size = Math.ceil(layers.length / MOST_TRIALS);
  const groups = Array.from({ length: Math.ceil(layers.length / size) }, (_, i) =>
    layers.slice(i * size, (i + 1) * size),
  );
  onProgress?.(0, groups.length);
  const all = await distance(new Set());
  const costs: LayerCost[] = [];
  for (const [i, group] of groups.entries()) {
    const cost = (all - (await distance(new Set(group)))) / group.length;
    costs.push(...group.map((layer) => ({ tower, layer, cost })));
    onProgress?.(i + 1, groups.length);
  }
  return costs.sort((a, b) => b.cost - a.cost);
}
