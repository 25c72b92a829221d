import type { Additions } from "./additions.js";
import type { Gains } from "./conv-sites.js";

/** Smallest and largest value to hold, by the value's name. */
export type Ranges = ReadonlyMap<string, readonly [least: number, most: number]>;

/** A value in whole numbers: (code − zero) · scale. */
export interface Codes {
  readonly name: string;
  readonly scale: number;
  readonly zero: number;
}

const LEVELS = 255;

/** The step between the codes of a range. */
export function stepOf([low, high]: readonly [number, number]): number {
  return Math.max(high - Math.min(0, low), 1e-6) / LEVELS;
}

/**
 * The forms in which a graph that is being made anew holds the values f32 [n, channels, h, w] of the one that it is made of;
 * a form that is asked for and not there is made of one that is.
 */
export class HeldValues {
  readonly #codes = new Map<string, Codes>();
  /** Values that the new graph holds in f32 under their own name. */
  readonly #floats = new Set<string>();
  /** Values that it holds in f32 [n, h, w, channels], multiplied by their gains, and what they are called there. */
  readonly #rows = new Map<string, string>();

  constructor(
    readonly additions: Additions,
    readonly gains: Gains,
    readonly rangeOf: (name: string) => readonly [number, number],
  ) {}

  /** True where it is there in whole numbers or in rows, not as the graph had it. */
  isOtherwise(name: string): boolean {
    return this.#codes.has(name) || this.#rows.has(name);
  }

  isThere(name: string): boolean {
    return this.isOtherwise(name) || this.#floats.has(name);
  }

  /** Says that the value is there under its own name. */
  addFloat(name: string): void {
    this.#floats.add(name);
  }

  /** Says what rows the value is there in. */
  addRows(name: string, rows: string): void {
    this.#rows.set(name, rows);
  }

  /** Says that the value is there in whole numbers, whose name and range are returned. It is not under `floor`. */
  addCodes(name: string, floor = Number.NEGATIVE_INFINITY): Codes {
    const [low, high] = this.rangeOf(name);
    const least = Math.min(0, Math.max(low, floor));
    const scale = stepOf([least, high]);
    const codes = { name: `${name}.u8`, scale, zero: Math.round(-least / scale) };
    this.#codes.set(name, codes);
    return codes;
  }

  /** The value in whole numbers; what the graph holds in f32 is rounded. */
  codes(name: string): Codes {
    const known = this.#codes.get(name);
    if (known) return known;
    const rows = this.rows(name);
    const codes = this.addCodes(name);
    this.additions.node("QuantizeLinear", [rows, ...this.parameters(codes)], codes.name, {}, "");
    return codes;
  }

  /** The value in f32 [n, h, w, channels], multiplied by its gains; what is not held so is made so. */
  rows(name: string): string {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const rows = `${name}.rows`;
    this.#rows.set(name, rows);
    const codes = this.#codes.get(name);
    if (codes) {
      this.additions.node("DequantizeLinear", [codes.name, ...this.parameters(codes)], rows, {}, "");
      return rows;
    }
    const plain = this.gains.has(name) ? `${name}.plain` : rows;
    this.additions.node("Transpose", [name], plain, { perm: [0, 2, 3, 1] }, "");
    this.#multiplied(name, plain, rows, (gain) => gain);
    return rows;
  }

  /** Sees to it that the value is there in f32 [n, channels, h, w] under its own name. */
  float(name: string): void {
    if (this.#floats.has(name) || !this.isOtherwise(name)) return;
    this.#floats.add(name);
    const rows = this.rows(name);
    const plain = this.#multiplied(name, rows, `${name}.plain`, (gain) => 1 / gain);
    this.additions.node("Transpose", [plain], name, { perm: [0, 3, 1, 2] }, "");
  }

  /** Names of a value's scale and zero point. */
  parameters({ name, scale, zero }: Codes): [string, string] {
    return [
      this.additions.weight(`${name}.scale`, "f32", [], 4, () => Float32Array.of(scale)),
      this.additions.weight(`${name}.zero`, "u8", [], 1, () => Uint8Array.of(zero)),
    ];
  }

  /** A value's rows times what `by` makes of its gains, under another name; the same name where it has none. */
  #multiplied(value: string, from: string, to: string, by: (gain: number) => number): string {
    const gains = this.gains.get(value);
    if (!gains) return from;
    const factors = this.additions.weight(`${to}.factors`, "f32", [gains.length], 4 * gains.length, () =>
      gains.map(by),
    );
    this.additions.node("Mul", [from, factors], to, {}, "");
    return to;
  }
}
