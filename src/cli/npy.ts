/** Float32 rows [n, dim] → the bytes of an .npy file, version 1.0, C order (NumPy's format specification, NEP 1). */
export function npy(rows: readonly Float32Array[], dim: number): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${dim}), }`;
  // Magic, version and length take 10 bytes; the data begins at a multiple of 64.
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write("\x93NUMPY\x01\x00", "latin1");
  head.writeUInt16LE(padded.length, 8);
  const parts = rows.map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength));
  return Buffer.concat([head, Buffer.from(padded, "latin1"), ...parts]);
}
