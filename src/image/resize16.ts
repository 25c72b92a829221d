import { columnsFirst, type FilterName, type Source, taps, type Window } from "./taps.js";

/** A sum as Pillow 13 stores it: rounded, halves away from zero, and kept within 16 bits. */
function rounded16(sum: number): number {
  return sum <= 0 ? 0 : Math.min(65_535, Math.floor(sum + 0.5));
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint16Array;
}

/** Columns `from … from + length − 1` of the plane resized to `width`; without a filter where the width stays. */
function alongRows(
  { data, ...size }: Plane,
  width: number,
  from: number,
  length: number,
  filter: FilterName,
) {
  const out = new Uint16Array(size.height * length);
  const kept = width === size.width;
  const t = taps(size.width, width, from, length, filter);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < length; x++) {
      let sum = kept ? data[y * size.width + from + x]! : 0;
      if (!kept) {
        const row = y * size.width + t.first[x]!;
        for (let i = 0; i < t.count[x]!; i++) sum += data[row + i]! * t.weights[x * t.stride + i]!;
      }
      out[y * length + x] = rounded16(sum);
    }
  }
  return { width: length, height: size.height, data: out };
}

/** Rows become columns. */
function transposed({ width, height, data }: Plane): Plane {
  const out = new Uint16Array(data.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[x * height + y] = data[y * width + x]!;
  return { width: height, height: width, data: out };
}

/** u16 [height, width] → u16 of the window, in double precision with rounding after each pass, as Pillow's 16-bit path. */
export function resize16(source: Source<Uint16Array>, window: Window, filter: FilterName): Uint16Array {
  const { width, height, left, top, cropWidth, cropHeight } = window;
  const across = (plane: Plane) => alongRows(plane, width, left, cropWidth, filter);
  const down = (plane: Plane) => transposed(alongRows(transposed(plane), height, top, cropHeight, filter));
  return (columnsFirst(source, window) ? across(down(source)) : down(across(source))).data;
}
