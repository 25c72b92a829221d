/** Bytes before the numbers: enough for any shape, and a multiple of 64 as the format wants it. */
export const NPY_HEADER_BYTES = 128;

/** The head of an .npy file, version 1.0, with float32 [rows, dim] in C order (NumPy's format specification, NEP 1). */
export function npyHeader(rows: number, dim: number): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dim}), }`;
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY\x01\x00", "latin1");
  head.writeUInt16LE(NPY_HEADER_BYTES - head.length, 8);
  return Buffer.concat([head, Buffer.from(`${text.padEnd(NPY_HEADER_BYTES - head.length - 1)}\n`, "latin1")]);
}

/** A row's bytes, little-endian on every machine. */
export function npyRow(row: Float32Array): Buffer {
  const bytes = Buffer.alloc(row.length * 4);
  for (const [i, value] of row.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes;
}
