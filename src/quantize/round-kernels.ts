import { type ConvSite, convSites, type Gains, largestCode, scaledSite } from "../graph/conv-sites.js";
import { leastScales, type Ranges, stepOf } from "../graph/quantise-static.js";
import { type RoundedKernel, roundKernel } from "../graph/round-kernel.js";
import type { Graph } from "../graph/types.js";
import { Moments, type PatchShape } from "./moments.js";
import type { ValuesOf } from "./run-values.js";

/** Patches for each number of a patch's block: a covariance is known well from ten times as many. */
const PATCHES = 12;

/** Bounds of the places of one picture that patches are read at: neighbours are too alike for more to say much. */
const [FEWEST_PLACES, MOST_PLACES] = [16, 1024];

/** Numbers of covariances that are held at a time: 128 MB. */
const MOST_NUMBERS = 2 ** 24;

/** The kernels of all convolutions, rounded with a look at what `values` gives of each picture. */
export async function roundKernels(
  graph: Graph,
  { ranges, gains, pictures }: { readonly ranges: Ranges; readonly gains: Gains; readonly pictures: number },
  values: ValuesOf,
): Promise<ReadonlyMap<string, RoundedKernel>> {
  const kernels = new Map<string, RoundedKernel>();
  let group: [ConvSite, Moments][] = [];
  const finish = async (): Promise<void> => {
    const inputs = new Set(group.map(([{ node }]) => node.inputs[0]!));
    await values([...inputs], (name, { data, dims }) => {
      const readers = group.filter(([{ node }]) => node.inputs[0] === name);
      for (const [, moments] of readers) {
        const places = Math.ceil((PATCHES * moments.block) / pictures);
        moments.add(data, dims[2]!, dims[3]!, Math.min(MOST_PLACES, Math.max(FEWEST_PLACES, places)));
      }
    });
    for (const [site, moments] of group) {
      const input = site.node.inputs[0]!;
      const { values: kernel, bias } = scaledSite(site, gains);
      const least = leastScales(bias, stepOf(ranges.get(input)!));
      const scaled = moments.result(gains.get(input));
      const options = { groups: site.groups, least, largest: largestCode(site) };
      kernels.set(site.node.outputs[0]!, roundKernel(kernel(), scaled, options));
    }
    group = [];
  };
  for (const site of convSites(graph).values()) {
    if (!ranges.has(site.node.inputs[0]!)) continue;
    group.push([site, new Moments(shapeOf(site))]);
    if (group.reduce((sum, [, { size }]) => sum + size, 0) > MOST_NUMBERS) await finish();
  }
  if (group.length > 0) await finish();
  return kernels;
}

function shapeOf({ node: { attributes }, kernel, groups }: ConvSite): PatchShape {
  const list = (name: string, otherwise: readonly number[]): readonly number[] => {
    const value = attributes[name];
    return Array.isArray(value) ? value : otherwise;
  };
  return {
    kernel: kernel.dims,
    groups,
    strides: list("strides", [1, 1]),
    pads: list("pads", [0, 0, 0, 0]),
    dilations: list("dilations", [1, 1]),
  };
}
