/** The colour of a cluster, as CSS has it. */
export function clusterColour(cluster: number): string;

/** A closed line [points] of [x, y] → whether a place is within it, by the even-odd rule. */
export function within(path: readonly (readonly [number, number])[]): (x: number, y: number) => boolean;
