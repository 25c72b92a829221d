import { ClipError } from "../../errors.js";
import { LIVE_TIME_BYTES } from "../wire/live.js";

/** A picture with its time. */
export interface TimedFrame {
  readonly picture: Uint8Array;
  /** Seconds, as the client has them. */
  readonly time: number;
  /** When it came, ms of this process's clock. */
  readonly arrived: number;
}

/** Seconds since 1970 go up to 1.8e9; what is far above is no time but a picture without one. */
const MOST_SECONDS = 1e11;

/** A binary message → its time and picture. `began`: when the stream did, for frames without a time. Raises `usage.request`. */
export function frameOf(message: Buffer, arrived: number, began: number): TimedFrame {
  const stamp = message.length > LIVE_TIME_BYTES ? message.readDoubleLE(0) : -1;
  const time = Number.isNaN(stamp) ? (arrived - began) / 1000 : stamp;
  if (!(time >= 0 && time <= MOST_SECONDS))
    throw new ClipError(
      "usage.request",
      "Expected a binary message of 8 bytes, the frame's time in seconds as a little-endian float64, and the picture after them.",
    );
  return { picture: message.subarray(LIVE_TIME_BYTES), time, arrived };
}
