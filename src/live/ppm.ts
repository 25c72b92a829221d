import { ClipError } from "../errors.js";
import type { RawPixels } from "../image/sources.js";

/** Pixels of a frame: 8K video has 33 million; a header that says more is damaged. */
const MOST_PIXELS = 64_000_000;

/** "P6\n", two sides of at most 5 digits, "255\n". */
const MOST_HEADER = 32;

/** Bytes of frames one after another as ffmpeg's `ppm` encoder writes them (P6, 8 bits) → frames. Raises `live.source`. */
export function ppmReader(): (chunk: Uint8Array) => RawPixels[] {
  let header = "";
  let frame: { width: number; height: number; data: Uint8Array; filled: number } | undefined;
  return (chunk) => {
    const frames: RawPixels[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (!frame) {
        header += String.fromCharCode(chunk[at++]!);
        const found = /^P6\n(\d{1,5}) (\d{1,5})\n255\n$/.exec(header);
        if (!found) {
          if (header.length > MOST_HEADER)
            throw new ClipError("live.source", "Expected frames from ffmpeg but received something else.");
          continue;
        }
        const [width, height] = [Number(found[1]), Number(found[2])];
        if (width * height > MOST_PIXELS || width * height === 0) {
          throw new ClipError(
            "live.source",
            `Expected frames of at most ${MOST_PIXELS} pixels but received ${width} × ${height}.`,
          );
        }
        header = "";
        frame = { width, height, data: new Uint8Array(width * height * 3), filled: 0 };
      }
      const part = chunk.subarray(at, at + frame.data.length - frame.filled);
      frame.data.set(part, frame.filled);
      frame.filled += part.length;
      at += part.length;
      if (frame.filled === frame.data.length) {
        const { width, height, data } = frame;
        frames.push({ data, width, height, channels: 3 });
        frame = undefined;
      }
    }
    return frames;
  };
}
