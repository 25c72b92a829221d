import { ClipError } from "../../errors.js";
import { imageOptions } from "../../image/options.js";
import { preview } from "../../image/recode.js";
import type { RawPixels } from "../../image/sources.js";
import { sourceFrames } from "../../live/reconnect.js";
import type { Fact, Row } from "../../search/row.js";
import type { ServerOptions } from "../options.js";
import type { Database } from "./database.js";
import { Gate } from "./gate.js";
import { openOriginal, originalBytes, type ReadObject } from "./originals.js";
import type { ShownRow } from "./shown.js";

/** A small picture as it is sent. */
export interface Thumbnail {
  readonly bytes: Uint8Array;
  readonly type: "image/jpeg" | "image/webp" | "image/png";
}

/** Side of thumbnails that are made here, pixels. */
export const SIDE = 256;
/** Largest side that a stored thumbnail stands for: they are kept at 256 or so. */
const MOST_STORED_SIDE = 320;
/** Bytes of those that were made: some thousand. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Pictures that are decoded at once: one of 50 million pixels takes 150 MB. */
const [AT_ONCE, MOST_WAITING] = [2, 512];
/** How long, ms, a video is looked through for a frame. */
const FRAME_MS = 20_000;
/** By how much, ms, a frame may be beside the place that is looked for. */
const NEAR_MS = 150;

export function typeOf(bytes: Uint8Array): Thumbnail["type"] {
  if (bytes[0] === 0x89) return "image/png";
  return bytes[0] === 0xff ? "image/jpeg" : "image/webp";
}

/** Small pictures: those of the database, or made of originals and kept for a while. */
export class Thumbnails {
  readonly #options: ServerOptions;
  readonly #readObject: ReadObject | undefined;
  readonly #gate = new Gate(AT_ONCE, MOST_WAITING);
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(options: ServerOptions, readObject?: ReadObject) {
    this.#options = options;
    this.#readObject = readObject;
  }

  /** Raises `server.not-found` where there is neither, `image.*`, `server.busy`, `aborted`. */
  async of(db: Database, row: ShownRow, side: number | undefined, signal: AbortSignal): Promise<Thumbnail> {
    const { thumbnail: stored } = row;
    if (stored && (side ?? 0) <= MOST_STORED_SIDE) return { bytes: stored, type: typeOf(stored) };
    const key = `${row.hash} ${row.time ?? ""} ${side ?? SIDE}`;
    try {
      return await this.kept(key, signal, () => this.#made(db, row, side ?? SIDE, signal));
    } catch (error) {
      // The original is away: what is kept of it is better than nothing.
      const isGone = error instanceof ClipError && error.code === "server.not-found";
      if (isGone && stored) return { bytes: stored, type: typeOf(stored) };
      throw error;
    }
  }

  /** What was made under this key, or is made now. */
  async kept(key: string, signal: AbortSignal, make: () => Promise<Uint8Array>): Promise<Thumbnail> {
    const known = this.#kept.get(key);
    const bytes = known ?? (await this.#gate.run(signal, make));
    this.#keep(key, bytes);
    return { bytes, type: typeOf(bytes) };
  }

  async #made(db: Database, row: Pick<Row, Fact>, side: number, signal: AbortSignal): Promise<Uint8Array> {
    const { maxPictureBytes, maxPixels } = this.#options;
    const options = imageOptions({ maxBytes: maxPictureBytes, maxPixels });
    const input =
      row.time === null
        ? await originalBytes(db, row, maxPictureBytes, this.#readObject)
        : await this.#frame(db, row, row.time, side, signal);
    return preview(input, side, "jpeg", options);
  }

  async #frame(
    db: Database,
    row: Pick<Row, Fact>,
    time: number,
    side: number,
    signal: AbortSignal,
  ): Promise<RawPixels> {
    const original = await openOriginal(db, row);
    if (!("bytes" in original)) await original[Symbol.asyncDispose]();
    const ends = AbortSignal.any([signal, AbortSignal.timeout(FRAME_MS)]);
    let last: RawPixels | undefined;
    for await (const frame of sourceFrames(row.path, { fps: 10, shrinkTo: side, signal: ends })) {
      last = frame.image;
      if (1000 * frame.time >= time - NEAR_MS) break;
    }
    if (last) return last;
    throw new ClipError("server.not-found", "Expected a frame of the video but it has none there.");
  }

  #keep(key: string, bytes: Uint8Array): void {
    // The newest last.
    this.#bytes -= this.#kept.get(key)?.byteLength ?? 0;
    this.#kept.delete(key);
    this.#kept.set(key, bytes);
    this.#bytes += bytes.byteLength;
    for (const [oldest, old] of this.#kept) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#kept.delete(oldest);
      this.#bytes -= old.byteLength;
    }
  }
}
