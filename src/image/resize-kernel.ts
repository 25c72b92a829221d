import { assembled, type KernelMemory } from "./assembled.js";

/**
 * resize-kernel.wat, assembled: `npx --package wabt@1.0.39 wat2wasm src/image/resize-kernel.wat`, then base64. Its results
 * are held against Pillow's by the same goldens as the plain loops in resize.ts, which stand in where it can't run.
 */
const CODE =
  "AGFzbQEAAAABGAJgCX9/f39/f39/fwBgCH9/f39/f39/AAMDAgABBQMBAAEHGwMGbWVtb3J5AgAEcm93cwAAB2NvbHVtbnMAAQqgBQLaAgIFfwV7AkADQCABRQ0BQQAhCSAHIQ0CQANAIAkgBE8NASAAIAUgCUECdGooAgBqIQogDSELIA0gBiAJQQJ0aigCAEEEdGohDP0MAAAAAAAAAAAAAAAAAAAAACER/QwAACAAAAAgAAAAIAAAACAAIRICQANAIAsgDE8NASAK/QAEACEOIA79DACAA4ABgASAAoAFgICAgID9DiEPIA79DAaACYAHgAqACIALgICAgID9DiEQIBEgDyAL/QkCAP26ASAQIAv9CQII/boB/a4B/a4BIREgEiAPIAv9CQIE/boBIBAgC/0JAgz9ugH9rgH9rgEhEiAKQQxqIQogC0EQaiELDAALCyARQQv9qwEgEv2uAUEW/awBIQ4gDiAO/YUBIQ4gAyAOIA79Zv1aAgAAIANBA2ohAyANIAhqIQ0gCUEBaiEJDAALCyAAIAJqIQAgAUEBayEBDAALCwvBAgIGfwd7AkADQCAIIANPDQEgACABIAQgCEECdGooAgBsaiENIAYgBSAIQQJ0aigCAEECdGohDEEAIQkCQANAIAkgAU8NASANIAlqIQogBiEL/QwAACAAAAAgAAAAIAAAACAAIREgESESIBEhEyARIRQCQANAIAsgDE8NASAK/QAEACEOIAv9CQIAIRAgDv2JASEPIBEgD/2pASAQ/bUB/a4BIREgEiAP/aoBIBD9tQH9rgEhEiAO/YoBIQ8gEyAP/akBIBD9tQH9rgEhEyAUIA/9qgEgEP21Af2uASEUIAogAWohCiALQQRqIQsMAAsLIAIgCWogEUEW/awBIBJBFv2sAf2FASATQRb9rAEgFEEW/awB/YUB/Wb9CwQAIAlBEGohCQwACwsgAiABaiECIAYgB2ohBiAIQQFqIQgMAAsLCw==";

interface Kernel {
  readonly memory: KernelMemory;
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

/** The instance of this thread; undefined where the processor has no SIMD. */
const instance = assembled<Kernel>(CODE);

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

/** What a kernel reads beside pixels: for each target pixel where its taps begin, how many there are, and their weights. */
type Tables = Omit<Pass, "stride">;

/** Writes the tables to the memory's begin and makes room for `input` and `output` bytes behind them. */
function layout({ memory }: Kernel, tables: Tables, input: number, output: number): Layout {
  const count = tables.first.byteLength;
  const weights = 2 * count;
  const data = weights + tables.weights.byteLength;
  const made = data + input + SLACK;
  const missing = made + output + SLACK - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const words = new Int32Array(memory.buffer);
  words.set(tables.first, 0);
  words.set(tables.count, count / 4);
  words.set(tables.weights, weights / 4);
  return { bytes: new Uint8Array(memory.buffer), count, weights, data, made };
}

/** Bits of a weight's low word: with 22 fraction bits its high word has 11 and a sign, for weights up to 16. */
const LOW = 11;

/** Pairs of taps share a word: the first in its lower 16 bits, the second in its upper. */
const pair = (one: number, two: number): number => (one & 0xffff) | (two << 16);

/**
 * The weights of a pass in groups of four taps as the row kernel reads them: high words of taps 0 and 1, their low words,
 * then those of taps 2 and 3. Taps that are missing from the last group weigh nothing.
 */
function inGroups({ count, weights, stride }: Pass, first: Int32Array): Tables & { readonly stride: number } {
  const groups = Math.ceil(stride / 4);
  const out = new Int32Array(count.length * groups * 4);
  for (let i = 0; i < count.length; i++) {
    const weight = (tap: number): number => (tap < count[i]! ? weights[i * stride + tap]! : 0);
    for (let tap = 0, to = i * groups * 4; tap < count[i]!; tap += 2, to += 2) {
      const [one, two] = [weight(tap), weight(tap + 1)];
      out[to] = pair(one >> LOW, two >> LOW);
      out[to + 1] = pair(one & (2 ** LOW - 1), two & (2 ** LOW - 1));
    }
  }
  return { first, count: count.map((taps) => Math.ceil(taps / 4)), weights: out, stride: groups * 16 };
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
  const tables = inGroups(
    pass,
    pass.first.map((pixel) => pixel * 3 - left),
  );
  const at = layout(found, tables, strip * rowBytes, strip * length * 3);
  for (let y = 0; y < band.rows; y += strip) {
    const rows = Math.min(strip, band.rows - y);
    for (let i = 0; i < rows; i++) {
      const from = band.offset + (y + i) * band.stride + left;
      at.bytes.set(band.data.subarray(from, from + rowBytes), at.data + i * rowBytes);
    }
    found.rows(at.data, rows, rowBytes, at.made, length, 0, at.count, at.weights, tables.stride);
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
  const at = layout(found, { ...pass, first }, band.rows * block, length * block);
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
