import { type ScalableGroup, scalableGroups } from "../graph/conv-flow.js";
import type { Gains } from "../graph/conv-sites.js";
import type { Graph } from "../graph/types.js";
import type { ValuesOf } from "./run-values.js";

/** Channels are made louder by no more than this. */
const MOST = 64;

/** Room above the loudest that was measured: other pictures may be louder. */
const MARGIN = 1.25;

/**
 * Gains that bring the channels of values to like sizes, so that one range suits them all (Nagel et al., arXiv
 * 1906.04721, with measured sizes). In full where every reader's kernel has one channel a row, whose scale takes it up;
 * else by the root, as the gain goes into the sizes of a row's numbers.
 */
export async function gainsOf(
  graph: Graph,
  values: ValuesOf,
  onPicture?: Parameters<ValuesOf>[2],
): Promise<Gains> {
  const groups = scalableGroups(graph);
  const groupOf = new Map(groups.flatMap((group) => group.values.map((name) => [name, group] as const)));
  const read = new Set(groups.flatMap(({ readers }) => readers.map(({ node }) => node.inputs[0]!)));
  const loudest = new Map<ScalableGroup, Float32Array>();
  const take: Parameters<ValuesOf>[1] = (name, { data, dims }) => {
    const [channels, plane] = [dims[1]!, dims[2]! * dims[3]!];
    const group = groupOf.get(name)!;
    const known = loudest.get(group) ?? new Float32Array(channels);
    for (let channel = 0, i = 0; channel < channels; channel++) {
      let most = known[channel]!;
      for (const end = i + plane; i < end; i++) {
        const size = Math.abs(data[i]!);
        if (size > most) most = size;
      }
      known[channel] = most;
    }
    loudest.set(group, known);
  };
  await values([...read], take, onPicture);
  return new Map(
    [...loudest].flatMap(([{ readers, values: names }, sizes]) => {
      const power = readers.every(({ isDepthwise }) => isDepthwise) ? 1 : 0.5;
      const gains = sizes.map(gainAmong(Math.max(...sizes), power));
      return names.map((name) => [name, gains] as const);
    }),
  );
}

function gainAmong(most: number, power: number): (size: number) => number {
  return (size) => (size > 0 ? Math.min(MOST, Math.max(1, most / (size * MARGIN)) ** power) : 1);
}
