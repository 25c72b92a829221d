import type { Source, Window } from "./taps.js";

/** Source pixel of each wanted target pixel; Pillow's Geometry.c adds the scale up, rounding as it goes. */
function nearestIndices(inSize: number, outSize: number, from: number, length: number): Int32Array {
  const scale = inSize / outSize;
  const out = new Int32Array(length);
  let at = scale * 0.5;
  for (let i = 0; i < from + length; i++, at += scale) {
    if (i >= from) out[i - from] = Math.min(inSize - 1, Math.trunc(at));
  }
  return out;
}

/** u8 [height, width, channels] → u8 of the window by nearest neighbour, as Pillow does for palette and two-colour pictures whatever filter is asked for. */
export function resizeNearest(source: Source<Uint8Array>, window: Window): Uint8Array {
  const { width, height, channels, data } = source;
  const columns = nearestIndices(width, window.width, window.left, window.cropWidth);
  const rows = nearestIndices(height, window.height, window.top, window.cropHeight);
  const out = new Uint8Array(rows.length * columns.length * channels);
  let to = 0;
  for (const y of rows) {
    for (const x of columns) {
      const from = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out[to++] = data[from + channel]!;
    }
  }
  return out;
}
