import { FLAT_DEVIATION } from "../image/grey.js";
import type { RawPixels } from "../image/sources.js";

/** Pixels looked at are at most about this many: enough for a mean, whatever the size. */
const LOOKED_AT = 4_096;

/** Mean and standard deviation of the brightness, 0..255 (ITU-R BT.601 weights 0.299, 0.587, 0.114). */
export function brightness({ data, channels }: RawPixels): { mean: number; deviation: number } {
  const pixels = data.length / channels;
  const step = Math.max(1, Math.floor(pixels / LOOKED_AT)) * channels;
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let i = 0; i < data.length; i += step) {
    const red = data[i]!;
    const light = channels === 1 ? red : 0.299 * red + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
    sum += light;
    squares += light * light;
    count += 1;
  }
  const mean = count > 0 ? sum / count : 0;
  return { mean, deviation: count > 0 ? Math.sqrt(Math.max(0, squares / count - mean * mean)) : 0 };
}

/** True for a picture of one colour: black between cuts, a covered lens, a stream without a signal. */
export function isBlank(picture: RawPixels): boolean {
  return brightness(picture).deviation < FLAT_DEVIATION;
}
