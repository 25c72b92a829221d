/**
 * resize-kernel.wat, assembled: `npx --package wabt@1.0.39 wat2wasm src/image/resize-kernel.wat`, then base64. Its results
 * are held against Pillow's by the same goldens as the plain loops in resize.ts, which stand in where it can't run.
 */
const CODE =
  "AGFzbQEAAAABGAJgCX9/f39/f39/fwBgCH9/f39/f39/AAMDAgABBQMBAAEHGwMGbWVtb3J5AgAEcm93cwAAB2NvbHVtbnMAAQqmBALgAQIFfwF7AkADQCABRQ0BQQAhCSAHIQ0CQANAIAkgBE8NASAAIAUgCUECdGooAgBqIQogDSELIA0gBiAJQQJ0aigCAEECdGohDP0MAAAgAAAAIAAAACAAAAAgACEOAkADQCALIAxPDQEgDiAK/VwCAP2JAf2pASAL/QkCAP21Af2uASEOIApBA2ohCiALQQRqIQsMAAsLIA5BFv2sASEOIA4gDv2FASEOIAMgDiAO/Wb9WgIAACADQQNqIQMgDSAIaiENIAlBAWohCQwACwsgACACaiEAIAFBAWshAQwACwsLwQICBn8HewJAA0AgCCADTw0BIAAgASAEIAhBAnRqKAIAbGohDSAGIAUgCEECdGooAgBBAnRqIQxBACEJAkADQCAJIAFPDQEgDSAJaiEKIAYhC/0MAAAgAAAAIAAAACAAAAAgACERIBEhEiARIRMgESEUAkADQCALIAxPDQEgCv0ABAAhDiAL/QkCACEQIA79iQEhDyARIA/9qQEgEP21Af2uASERIBIgD/2qASAQ/bUB/a4BIRIgDv2KASEPIBMgD/2pASAQ/bUB/a4BIRMgFCAP/aoBIBD9tQH9rgEhFCAKIAFqIQogC0EEaiELDAALCyACIAlqIBFBFv2sASASQRb9rAH9hQEgE0EW/awBIBRBFv2sAf2FAf1m/QsEACAJQRBqIQkMAAsLIAIgAWohAiAGIAdqIQYgCEEBaiEIDAALCws=";

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  rows(
    data: number,
    rows: number,
    rowBytes: number,
    out: number,
    length: number,
    first: number,
    count: number,
    weights: number,
    stride: number,
  ): void;
  columns(
    data: number,
    rowBytes: number,
    out: number,
    length: number,
    first: number,
    count: number,
    weights: number,
    stride: number,
  ): void;
}

/** The parts of the WebAssembly interface in use; Node's own types leave it to the browser's. */
interface Assembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** The instance of this thread; undefined where the processor has no SIMD. */
let kernel: { readonly made: Kernel | undefined } | undefined;

function instance(): Kernel | undefined {
  if (kernel === undefined) {
    const { WebAssembly: assembly } = globalThis as unknown as { WebAssembly: Assembly };
    let made: Kernel | undefined;
    try {
      made = new assembly.Instance(new assembly.Module(Buffer.from(CODE, "base64"))).exports as Kernel;
    } catch {
      made = undefined;
    }
    kernel = { made };
  }
  return kernel.made;
}

/** Bytes that go in at a time: about a second-level cache, and keeps the kernel's memory small for any picture. */
const STRIP = 1024 * 1024;
/** Bytes of a page of WebAssembly's memory. */
const PAGE = 65_536;
/** The kernel reads and writes whole vectors: bytes that a block may be overrun by, which are overwritten or unused. */
const SLACK = 16;

/** Rows of interleaved bytes. */
export interface Rows {
  readonly data: Uint8Array;
  readonly rows: number;
  /** Bytes from row to row, and where column 0 of the first row is. */
  readonly stride: number;
  readonly offset: number;
}

/** Which source pixels make each target pixel, with integer weights `stride` apart. */
export interface Pass {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Where things lie in the kernel's memory. */
interface Layout {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly weights: number;
  readonly data: number;
  readonly made: number;
}

/** Writes the tables of a pass to the memory's begin and makes room for `input` and `output` bytes behind them. */
function layout({ memory }: Kernel, first: Int32Array, pass: Pass, input: number, output: number): Layout {
  const count = first.byteLength;
  const weights = 2 * count;
  const data = weights + pass.weights.byteLength;
  const made = data + input + SLACK;
  const missing = made + output + SLACK - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const words = new Int32Array(memory.buffer);
  words.set(first, 0);
  words.set(pass.count, count / 4);
  words.set(pass.weights, weights / 4);
  return { bytes: new Uint8Array(memory.buffer), count, weights, data, made };
}

/**
 * RGB rows → out u8 [rows, length, 3], filtered along rows. False, with nothing done, where it can't run: no SIMD, or a
 * row that fits no strip.
 */
export function rowsByKernel(band: Rows, out: Uint8Array, pass: Pass): boolean {
  const length = pass.first.length;
  const left = pass.first[0]! * 3;
  const rowBytes = (pass.first[length - 1]! + pass.count[length - 1]!) * 3 - left;
  const found = instance();
  if (found === undefined || Math.max(rowBytes, length * 3) > STRIP) return false;
  const strip = Math.min(band.rows, Math.floor(STRIP / Math.max(rowBytes, length * 3)));
  const first = pass.first.map((pixel) => pixel * 3 - left);
  const at = layout(found, first, pass, strip * rowBytes, strip * length * 3);
  for (let y = 0; y < band.rows; y += strip) {
    const rows = Math.min(strip, band.rows - y);
    for (let i = 0; i < rows; i++) {
      const from = band.offset + (y + i) * band.stride + left;
      at.bytes.set(band.data.subarray(from, from + rowBytes), at.data + i * rowBytes);
    }
    found.rows(at.data, rows, rowBytes, at.made, length, 0, at.count, at.weights, pass.stride * 4);
    out.set(at.bytes.subarray(at.made, at.made + rows * length * 3), y * length * 3);
  }
  return true;
}

/**
 * Bytes `from … from + width − 1` of the rows → out u8 [length, width], filtered along columns; the first row is row
 * `firstRow` of the pass. False, with nothing done, where it can't run: no SIMD, or too many rows for a strip.
 */
export function columnsByKernel(
  band: Rows,
  from: number,
  width: number,
  firstRow: number,
  out: Uint8Array,
  pass: Pass,
): boolean {
  const length = pass.first.length;
  const found = instance();
  const most = Math.floor(STRIP / Math.max(band.rows, length) / SLACK) * SLACK;
  if (found === undefined || most === 0) return false;
  const first = pass.first.map((row) => row - firstRow);
  const block = Math.min(width, most);
  const at = layout(found, first, pass, band.rows * block, length * block);
  for (let x = 0; x < width; x += block) {
    const part = Math.min(block, width - x);
    for (let y = 0; y < band.rows; y++) {
      const start = band.offset + y * band.stride + from + x;
      at.bytes.set(band.data.subarray(start, start + part), at.data + y * part);
    }
    found.columns(at.data, part, at.made, length, 0, at.count, at.weights, pass.stride * 4);
    for (let y = 0; y < length; y++) {
      const start = at.made + y * part;
      out.set(at.bytes.subarray(start, start + part), y * width + x);
    }
  }
  return true;
}
