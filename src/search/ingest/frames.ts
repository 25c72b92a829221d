import { ClipError } from "../../errors.js";
import type { RawPixels } from "../../image/sources.js";
import { sourceFrames } from "../../live/reconnect.js";
import type { Row } from "../row.js";
import { factsOf, rowOf } from "./pictures.js";
import type { HashedFile } from "./reuse.js";
import type { Run } from "./run.js";

/** ffmpeg's scene score from which a frame begins a new scene: its own manual's example. */
const SCENE = 0.3;
/** Seconds after which a frame is looked at though nothing changed: a lecture is one scene. */
const EVERY = 10;
/** Bits of 64 by which a frame differs from the one before, or it shows the same. */
const SAME_BITS = 5;
/** ffmpeg makes frames no smaller than so many times the model's side: the exact resize has the last word. */
const SHRINK_TO = 2;

/** Bits in which two hashes of 16 hex digits differ. */
function distance(a: string, b: string): number {
  let bits = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
  let count = 0;
  for (; bits > 0n; bits &= bits - 1n) count += 1;
  return count;
}

/** The frame whose neighbours are nearest to each other in time goes; the first and the last stay. */
function thin(rows: Row[]): void {
  let least = 1;
  const gap = (i: number): number => rows[i + 1]!.time! - rows[i - 1]!.time!;
  for (let i = 2; i < rows.length - 1; i++) if (gap(i) < gap(least)) least = i;
  rows.splice(least, 1);
}

/**
 * A video → rows of its key frames, at most `most`, in order: where a scene begins, and every 10 s; blank frames and those that
 * show what the one before shows are left out. A video of blank frames alone has its first. Raises `live.ffmpeg`, `live.source`.
 */
export async function frameRows(run: Run, file: HashedFile, most: number): Promise<Row[]> {
  const { encoder, thumbnail, signal } = run;
  const times: number[] = [];
  const frames = async function* (): AsyncGenerator<RawPixels> {
    const shrinkTo = SHRINK_TO * encoder.model.imageSize;
    for await (const { image, time } of sourceFrames(file.path, {
      scene: SCENE,
      every: EVERY,
      shrinkTo,
      signal,
    })) {
      times.push(Math.max(0, Math.round(1_000 * time)));
      yield image;
    }
  };
  const rows: Row[] = [];
  let blank: Row | undefined;
  let at = 0;
  const facts = thumbnail === undefined ? {} : { thumbnail };
  for await (const encoded of encoder.encodeImageStream(frames(), { facts })) {
    const time = times[at++]!;
    if (encoded.result instanceof ClipError) throw encoded.result;
    const row = rowOf(file, time, factsOf(encoded), encoded.result, run.now());
    if (row.blank) blank ??= row;
    const last = rows.at(-1);
    const shows = !row.blank && (!last || distance(last.perceptual, row.perceptual) >= SAME_BITS);
    if (!shows || last?.time === time) continue;
    rows.push(row);
    if (rows.length > most) thin(rows);
  }
  return rows.length === 0 && blank ? [blank] : rows;
}
