import type { PlotData } from "../../../src/search/assets/browser/plot.js";
import type { PictureMap } from "../api";

const SCALE = 65535;

/** Sorts what it is given: nobody else looks at it. */
function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0.5;
}

const whole = (shares: readonly number[]): Uint16Array =>
  Uint16Array.from(shares, (share) => Math.round(SCALE * Math.min(1, Math.max(0, share))));

/** A map as the server tells it → as it is drawn: each cluster's name stands in the middle of its points. */
export function plotted({ points, clusters }: PictureMap): PlotData {
  const members = clusters.map((): [x: number[], y: number[]] => [[], []]);
  for (const [i, c] of points.cluster.entries()) {
    members[c]?.[0].push(points.x[i]!);
    members[c]?.[1].push(points.y[i]!);
  }
  return {
    x: whole(points.x),
    y: whole(points.y),
    cluster: Uint16Array.from(points.cluster),
    clusters: clusters.map(({ name }, c) => ({ name, x: median(members[c]![0]), y: median(members[c]![1]) })),
  };
}
