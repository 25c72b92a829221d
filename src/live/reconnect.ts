import { ClipError } from "../errors.js";
import { type FrameOptions, type VideoFrame, videoFrames } from "./ffmpeg.js";
import { sourceForm } from "./source.js";

/** First and longest pause, ms, before a source is opened again; each pause is twice the one before. */
const PAUSE = { first: 500, longest: 30_000 } as const;

export interface SourceOptions extends FrameOptions {
  /** Network sources and devices are opened again where they end or fail, until the signal fires. Default false. */
  readonly reconnect?: boolean;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Frames of a source; where it is opened again, times go on with the clock. Raises `live.ffmpeg`, `live.source`. */
export async function* sourceFrames(source: string, options: SourceOptions): AsyncGenerator<VideoFrame> {
  const form = sourceForm(source);
  const { reconnect, signal } = options;
  const began = performance.now();
  let last = 0;
  for (let wait: number = PAUSE.first, offset = 0; ; wait = Math.min(2 * wait, PAUSE.longest)) {
    try {
      for await (const frame of videoFrames(source, form, options)) {
        last = frame.time + offset;
        wait = PAUSE.first;
        yield { ...frame, time: last };
      }
      if (!reconnect || !form.live) return;
    } catch (error) {
      const again = error instanceof ClipError && error.code === "live.source";
      if (!reconnect || !form.live || !again) throw error;
    }
    if (signal?.aborted) return;
    await pause(wait, signal);
    if (signal?.aborted) return;
    offset = Math.max(last, (performance.now() - began) / 1_000);
  }
}
