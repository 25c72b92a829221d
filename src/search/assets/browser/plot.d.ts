/** A cluster whose name stands at its middle. */
export interface PlotCluster {
  readonly name: string;
  /** 0..1; y grows downwards. */
  readonly x: number;
  readonly y: number;
}

export interface PlotData {
  /** [n], 0..65535 for 0..1; y grows downwards. */
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  /** [n], positions in `clusters`. */
  readonly cluster: Uint16Array;
  /** The largest first. */
  readonly clusters: readonly PlotCluster[];
}

export interface PlotOptions {
  /** Listened to; the points are drawn on it. Its size is followed. */
  readonly points: HTMLCanvasElement;
  /** Over it, without events of its own: names, lasso. */
  readonly over: HTMLCanvasElement;
  readonly data: PlotData;
  /** CSS colours, asked for with each drawing. */
  readonly colours: () => { readonly paper: string; readonly ink: string; readonly mark: string };
  /** The point under the pointer, −1: none, and where it is, in CSS pixels of the canvas. */
  readonly onHover: (index: number, x: number, y: number) => void;
  /** Positions of the points in the lasso; none: the selection ended. */
  readonly onSelect: (indices: number[]) => void;
  readonly onLasso: (on: boolean) => void;
}

export interface Plot {
  draw(): void;
  /** Shows one cluster alone; −1: all. */
  only(cluster: number): void;
  /** All of it, and nothing selected. */
  reset(): void;
  select(indices: readonly number[]): void;
  setLasso(on: boolean): void;
  zoom(factor: number): void;
  /** Where a point is, in CSS pixels of the canvas. */
  place(index: number): [x: number, y: number];
  destroy(): void;
}

/** Draws points that can be moved, zoomed and selected from with pointer, fingers, wheel and keys. */
export function createPlot(options: PlotOptions): Plot;
