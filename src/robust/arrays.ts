/** Arrays one after another. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Vectors [k] of f32 [dim] → the matrix f32 [dim, k] that has them as columns. */
export function columnsOf(vectors: readonly Float32Array[]): Float32Array {
  const count = vectors.length;
  const columns = new Float32Array((vectors[0]?.length ?? 0) * count);
  for (const [k, vector] of vectors.entries())
    for (let i = 0; i < vector.length; i++) columns[i * count + k] = vector[i]!;
  return columns;
}

/** Rows f32 [n, k] with a 1 at each row's place and 0 elsewhere. */
export function oneHot(places: readonly number[], k: number): Float32Array {
  const rows = new Float32Array(places.length * k);
  for (const [i, place] of places.entries()) rows[i * k + place] = 1;
  return rows;
}
