/** [n, width] → the rows at some positions. */
export function pickRows(all: Float32Array, width: number, positions: readonly number[]): Float32Array {
  const picked = new Float32Array(positions.length * width);
  for (const [to, from] of positions.entries())
    picked.set(all.subarray(from * width, (from + 1) * width), to * width);
  return picked;
}

/** Rows of equal length, one after another. */
export function flat(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) all.set(row, i * width);
  return all;
}
