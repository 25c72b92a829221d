/** What is used of USearch: its package has types, but does not say where. */
declare module "usearch" {
  export interface Matches {
    readonly keys: BigUint64Array;
  }
  export class Index {
    constructor(options: {
      readonly dimensions: number;
      readonly metric: string;
      readonly quantization: string;
      readonly connectivity: number;
      readonly expansion_add: number;
      readonly expansion_search: number;
      readonly multi: boolean;
    });
    add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
    search(vector: Float32Array, count: number, threads: number): Matches;
    size(): number;
  }
  export const MetricKind: { readonly Cos: string };
  export const ScalarKind: { readonly I8: string };
}
