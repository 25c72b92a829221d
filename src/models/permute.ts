import { ClipError } from "../errors.js";

/** Edge of the squares that a transpose moves at a time: 32 rows of 4 bytes fit a first-level cache many times over. */
const TILE = 32;

type Elements = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** Row-major [batch, rows, columns] → [batch, columns, rows], by elements of 1, 2, 4 or 8 bytes. */
export function transposeBytes(
  bytes: Uint8Array,
  rows: number,
  columns: number,
  elementBytes: number,
  batch = 1,
): Uint8Array {
  const source = elements(bytes, elementBytes);
  if (source.length !== batch * rows * columns) {
    throw new ClipError(
      "graph.shape",
      `Expected ${batch * rows * columns} elements but received ${source.length}.`,
    );
  }
  const result = new Uint8Array(bytes.length);
  const target = elements(result, elementBytes);
  for (let b = 0; b < batch; b++) {
    const from = b * rows * columns;
    transposeInto(source.subarray(from) as Uint32Array, target.subarray(from) as Uint32Array, rows, columns);
  }
  return result;
}

function transposeInto(source: Uint32Array, target: Uint32Array, rows: number, columns: number): void {
  for (let r0 = 0; r0 < rows; r0 += TILE) {
    const r1 = Math.min(rows, r0 + TILE);
    for (let c0 = 0; c0 < columns; c0 += TILE) {
      const c1 = Math.min(columns, c0 + TILE);
      for (let c = c0; c < c1; c++)
        for (let r = r0; r < r1; r++) target[c * rows + r] = source[r * columns + c]!;
    }
  }
}

/** The bytes as whole elements; copied only where a view would not be aligned. */
function elements(bytes: Uint8Array, elementBytes: number): Elements {
  const aligned = bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const length = aligned.length / elementBytes;
  if (elementBytes === 1) return aligned;
  if (elementBytes === 2) return new Uint16Array(buffer, byteOffset, length);
  if (elementBytes === 4) return new Uint32Array(buffer, byteOffset, length);
  return new BigUint64Array(buffer, byteOffset, length);
}
