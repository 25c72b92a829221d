const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  readonly data?: string | Uint8Array;
  /** Type flag; default a plain file. */
  readonly type?: string;
  /** What the header says instead of the data's length. */
  readonly size?: number;
}

/** A tar archive (ustar), byte for byte as its entries say. */
export function tar(entries: readonly TarEntry[], end = true): Uint8Array {
  const blocks = entries.map(({ name, data = "", type = "0", size }) => {
    const body = Buffer.from(data);
    const header = Buffer.alloc(BLOCK);
    header.write(name, 0, 100);
    header.write("0000644\0", 100);
    header.write(`${(size ?? body.length).toString(8).padStart(11, "0")}\0`, 124);
    header.write(type, 156, "latin1");
    header.write("ustar\x0000", 257, "latin1");
    header.fill(32, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
    return Buffer.concat([header, body, padding]);
  });
  return Buffer.concat([...blocks, ...(end ? [Buffer.alloc(2 * BLOCK)] : [])]);
}
