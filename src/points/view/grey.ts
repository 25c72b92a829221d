/** A picture of numbers 0..1, f32 [side, side]. */
export interface Grey {
  readonly side: number;
  readonly values: Float32Array;
}

/** Bilinear with the corners kept in place (PyTorch's align_corners, as PointCLIP enlarges its maps) → u8 [size, size]. */
export function enlarged({ side, values }: Grey, size: number): Uint8Array {
  const out = new Uint8Array(size * size);
  const step = (side - 1) / (size - 1);
  for (let row = 0; row < size; row++) {
    const y = Math.min(side - 2, Math.floor(row * step));
    const down = row * step - y;
    for (let column = 0; column < size; column++) {
      const x = Math.min(side - 2, Math.floor(column * step));
      const right = column * step - x;
      const at = y * side + x;
      const above = values[at]! * (1 - right) + values[at + 1]! * right;
      const below = values[at + side]! * (1 - right) + values[at + side + 1]! * right;
      out[row * size + column] = Math.round(255 * (above * (1 - down) + below * down));
    }
  }
  return out;
}
