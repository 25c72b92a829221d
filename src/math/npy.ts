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

/** The head of a file as `npyHeader` writes it → [rows, dim]; undefined for any other kind of array. */
export function npyShape(head: Uint8Array): readonly [rows: number, dim: number] | undefined {
  const text = Buffer.from(head.subarray(0, NPY_HEADER_BYTES)).toString("latin1");
  if (!text.startsWith("\x93NUMPY\x01\x00")) return undefined;
  const found = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,12}), (\d{1,6})\), \} *\n$/.exec(
    text.slice(10),
  );
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}
