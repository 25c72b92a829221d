/** The colour of a cluster, as CSS has it. */
export function clusterColour(cluster: number): string;
