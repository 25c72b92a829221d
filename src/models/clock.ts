import { setTimeout as wait } from "node:timers/promises";
import { ClipError } from "../errors.js";

/** Time and chance as an argument, so that tests need neither. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`; raises `aborted` when the signal fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw new ClipError("aborted", "The operation was aborted.", { cause: error });
    }
  },
};
