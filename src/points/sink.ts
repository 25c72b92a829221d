import { ClipError } from "../errors.js";
import { MOST_COORDINATE, MOST_CORNERS_OF_FACE, type ShapeLimits } from "./limits.js";
import type { Shape, ShapeWarning, Up } from "./shape.js";

/** Room for the first points and faces; what a file claims to hold is never allocated before it has come. */
const FIRST_ROOM = 4096;

/** What a point that is kept is of, in messages. */
const NUMBERS = `three numbers up to ±${MOST_COORDINATE.toExponential()}`;

function grown<T extends Float32Array | Uint8Array | Uint32Array>(array: T, length: number): T {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}

/**
 * Takes points (and faces) one after another and keeps what memory allows. A cloud of more points than its limits say is thinned
 * while it is read: every 2nd, 4th, 8th … stays. A mesh is kept whole or refused.
 */
export class PointSink {
  #positions = new Float32Array(3 * FIRST_ROOM);
  #colours: Uint8Array | undefined;
  #faces: Uint32Array | undefined;
  #origin: readonly [number, number, number] | undefined;
  #kept = 0;
  #seen = 0;
  #step = 1;
  #dropped = 0;
  #faceCount = 0;

  readonly #limits: ShapeLimits;
  readonly name: string;

  /**
   * `whole`: faces will name points by their numbers, so that none may be left out. `firstNumber`: what the file's format calls its
   * first point, for messages.
   */
  constructor(
    { name, limits }: { readonly name: string; readonly limits: ShapeLimits },
    readonly whole: boolean,
    private readonly firstNumber: 0 | 1 = 0,
  ) {
    this.name = name;
    this.#limits = limits;
  }

  /** Points that came so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Whether the next point is kept; asked once for each, so that others need not be parsed. */
  next(): boolean {
    return this.#seen++ % this.#step === 0;
  }

  /** A point that `next` wanted; `colour` 0..255 each. Raises `points.too-large` for a mesh. */
  add(x: number, y: number, z: number, colour?: readonly [number, number, number]): void {
    const fine =
      Math.abs(x) <= MOST_COORDINATE && Math.abs(y) <= MOST_COORDINATE && Math.abs(z) <= MOST_COORDINATE;
    if (!fine) {
      this.#dropped += 1;
      if (!this.whole) return;
    }
    if (this.whole && this.#kept >= this.#limits.corners)
      throw new ClipError(
        "points.too-large",
        `Expected at most ${this.#limits.corners} corners of a mesh but ${this.name} has more.`,
      );
    if (!this.whole && this.#kept >= this.#limits.points) this.#thin();
    if (fine) this.#origin ??= [x, y, z];
    const [ox, oy, oz] = this.#origin ?? [0, 0, 0];
    const at = 3 * this.#kept++;
    this.#positions = grown(this.#positions, at + 3);
    this.#positions[at] = fine ? x - ox : Number.NaN;
    this.#positions[at + 1] = fine ? y - oy : Number.NaN;
    this.#positions[at + 2] = fine ? z - oz : Number.NaN;
    if (colour) this.#colour(at, colour);
  }

  #colour(at: number, colour: readonly [number, number, number]): void {
    this.#colours = grown(this.#colours ?? new Uint8Array(this.#positions.length).fill(255), at + 3);
    for (let c = 0; c < 3; c++) this.#colours[at + c] = Math.min(255, Math.max(0, colour[c]!));
  }

  /** Every second of the kept points goes. */
  #thin(): void {
    const half = Math.ceil(this.#kept / 2);
    for (let i = 1; i < half; i++) {
      this.#positions.copyWithin(3 * i, 6 * i, 6 * i + 3);
      this.#colours?.copyWithin(3 * i, 6 * i, 6 * i + 3);
    }
    this.#kept = half;
    this.#step *= 2;
  }

  /** A face of three corners or more, by the points' numbers from 0; a larger one is cut into a fan. Raises `points.too-large`, `points.damaged`. */
  face(corners: readonly number[]): void {
    if (corners.length > MOST_CORNERS_OF_FACE) {
      throw new ClipError(
        "points.too-large",
        `Expected at most ${MOST_CORNERS_OF_FACE} corners of a face but one of ${this.name} has ${corners.length}.`,
      );
    }
    const odd = corners.find((corner) => !(Number.isInteger(corner) && corner >= 0));
    if (odd !== undefined) throw this.#noCorner(odd);
    for (let k = 2; k < corners.length; k++) {
      if (this.#faceCount >= this.#limits.faces)
        throw new ClipError(
          "points.too-large",
          `Expected at most ${this.#limits.faces} triangles but ${this.name} has more.`,
        );
      this.#faces = grown(this.#faces ?? new Uint32Array(3 * FIRST_ROOM), 3 * this.#faceCount + 3);
      this.#faces.set([corners[0]!, corners[k - 1]!, corners[k]!], 3 * this.#faceCount++);
    }
  }

  /** All that came. Raises `points.empty`, `points.damaged` for a face of a point that there is not. */
  finish(up?: Up): Shape {
    if (this.#kept > 0) this.#checkFaces();
    const { positions, colours, faces, lost } = this.#compact();
    if (positions.length === 0) {
      const why =
        this.#dropped > 0 ? `none of its points (${this.#dropped}) is of ${NUMBERS}` : "it has none";
      throw new ClipError("points.empty", `Expected points in ${this.name} but ${why}.`);
    }
    return {
      positions,
      origin: this.#origin ?? [0, 0, 0],
      ...(colours ? { colours } : {}),
      ...(faces && faces.length > 0 ? { faces } : {}),
      ...(up ? { up } : {}),
      warnings: this.#warnings(lost),
    };
  }

  #checkFaces(): void {
    const end = 3 * this.#faceCount;
    for (let i = 0; i < end; i++) {
      const corner = this.#faces![i]!;
      if (corner >= this.#kept) throw this.#noCorner(corner);
    }
  }

  /** `corner`: from 0; the message counts as the file does. */
  #noCorner(corner: number): ClipError {
    const first = this.firstNumber;
    return new ClipError(
      "points.damaged",
      `Expected faces of points ${first} to ${this.#kept - 1 + first} in ${this.name} but one names point ${corner + first}.`,
    );
  }

  /** Without the points that can't be kept, and the faces that need them. */
  #compact(): { positions: Float32Array; colours?: Uint8Array; faces?: Uint32Array; lost: number } {
    const kept = this.#kept;
    const faces = this.#faces?.slice(0, 3 * this.#faceCount);
    const colours = this.#colours && grown(this.#colours, 3 * kept).slice(0, 3 * kept);
    const whole = { positions: this.#positions.slice(0, 3 * kept), lost: 0 };
    if (this.#dropped === 0 || !this.whole)
      return { ...whole, ...(colours ? { colours } : {}), ...(faces ? { faces } : {}) };
    const place = new Int32Array(kept).fill(-1);
    let to = 0;
    for (let i = 0; i < kept; i++) {
      if (Number.isNaN(whole.positions[3 * i]!)) continue;
      whole.positions.copyWithin(3 * to, 3 * i, 3 * i + 3);
      colours?.copyWithin(3 * to, 3 * i, 3 * i + 3);
      place[i] = to++;
    }
    let last = 0;
    for (let i = 0; i < (faces?.length ?? 0); i += 3) {
      const corners = [place[faces![i]!]!, place[faces![i + 1]!]!, place[faces![i + 2]!]!];
      if (corners.some((corner) => corner < 0)) continue;
      faces!.set(corners, last);
      last += 3;
    }
    return {
      positions: whole.positions.slice(0, 3 * to),
      ...(colours ? { colours: colours.slice(0, 3 * to) } : {}),
      ...(faces ? { faces: faces.slice(0, last) } : {}),
      lost: faces ? (faces.length - last) / 3 : 0,
    };
  }

  #warnings(lost: number): ShapeWarning[] {
    const warnings: ShapeWarning[] = [];
    if (this.#dropped > 0)
      warnings.push({
        code: "points.dropped",
        message: `${this.#dropped} points of ${this.name} are not of ${NUMBERS} and are left out.`,
      });
    if (lost > 0)
      warnings.push({
        code: "points.faces",
        message: `${lost} triangles of ${this.name} have such a corner and are left out.`,
      });
    if (this.#step > 1)
      warnings.push({
        code: "points.thinned",
        message: `${this.name} has ${this.#seen} points: every ${this.#step}th is kept.`,
      });
    return warnings;
  }
}
