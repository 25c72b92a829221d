import { throwIfAborted } from "../errors.js";
import { type ConvSite, codeBounds, convSites, type Gains, scaledSite } from "../graph/conv-sites.js";
import { type Ranges, stepOf } from "../graph/held-values.js";
import { type RoundedKernel, roundKernel } from "../graph/round-kernel.js";
import { leastScales } from "../graph/static-kernels.js";
import type { Graph } from "../graph/types.js";
import type { FeatureOptions } from "./features.js";
import { type Gram, withGram } from "./gram.js";
import { Moments, type PatchShape } from "./moments.js";
import type { ValuesOf } from "./run-values.js";

/** Patches for each number of a patch's block: a covariance is known well from ten times as many. */
const PATCHES = 12;

/** Bounds of the places of one picture that patches are read at: neighbours are too alike for more to say much. */
const [FEWEST_PLACES, MOST_PLACES] = [16, 1024];

/** Numbers of covariances that are held at a time: 128 MB. */
const MOST_NUMBERS = 2 ** 24;

/** A convolution, and what is known of what its kernel is multiplied by. */
interface Measured {
  readonly site: ConvSite;
  readonly moments: Moments;
}

/**
 * The kernels of all convolutions, rounded with a look at what `values` gives of each picture. Progress counts kernels: a group
 * of them is measured together (`onPicture` counts its pictures), then rounded one by one. Raises `aborted`, `runtime.*`.
 */
export async function roundKernels(
  graph: Graph,
  { ranges, gains, pictures }: { readonly ranges: Ranges; readonly gains: Gains; readonly pictures: number },
  values: ValuesOf,
  { signal, onProgress, onPicture }: FeatureOptions & { readonly onPicture?: FeatureOptions["onProgress"] },
): Promise<ReadonlyMap<string, RoundedKernel>> {
  return await withGram(async (gram) => {
    const sites = [...convSites(graph).values()].filter(({ node }) => ranges.has(node.inputs[0]!));
    const kernels = new Map<string, RoundedKernel>();
    onProgress?.(0, sites.length);
    for (const group of groupsOf(sites, gram)) {
      await measure(group, pictures, values, onPicture);
      onProgress?.(kernels.size, sites.length);
      for (const { site, moments } of group) {
        throwIfAborted(signal);
        const input = site.node.inputs[0]!;
        const { values: kernel, bias } = scaledSite(site, gains);
        const least = leastScales(bias, stepOf(ranges.get(input)!));
        const scaled = await moments.result(gains.get(input));
        const options = { groups: site.groups, least, bounds: codeBounds(site) };
        kernels.set(site.node.outputs[0]!, roundKernel(kernel(), scaled, options));
        onProgress?.(kernels.size, sites.length);
        // The loop gets its turn: a signal that came is seen, and progress is shown.
        await new Promise(setImmediate);
      }
    }
    return kernels;
  });
}

/** Convolutions whose covariances fit into memory together. */
function* groupsOf(sites: readonly ConvSite[], gram: Gram): Generator<Measured[]> {
  let group: Measured[] = [];
  let held = 0;
  for (const site of sites) {
    const moments = new Moments(shapeOf(site), gram);
    group.push({ site, moments });
    held += moments.size;
    if (held <= MOST_NUMBERS) continue;
    yield group;
    [group, held] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/** Reads patches of all pictures. */
async function measure(
  group: readonly Measured[],
  pictures: number,
  values: ValuesOf,
  onPicture: FeatureOptions["onProgress"],
): Promise<void> {
  const inputs = new Set(group.map(({ site }) => site.node.inputs[0]!));
  const take: Parameters<ValuesOf>[1] = async (name, { data, dims }) => {
    for (const { site, moments } of group) {
      if (site.node.inputs[0] !== name) continue;
      const places = Math.ceil((PATCHES * moments.block) / pictures);
      await moments.add(data, dims[2]!, dims[3]!, Math.min(MOST_PLACES, Math.max(FEWEST_PLACES, places)));
    }
  };
  await values([...inputs], take, onPicture);
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
