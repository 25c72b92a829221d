import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { ClipError } from "../errors.js";
import type { RawPixels } from "../image/sources.js";
import { ppmReader } from "./ppm.js";
import type { SourceForm } from "./source.js";

/** A picture of a video. */
export interface VideoFrame {
  readonly image: RawPixels;
  /** Seconds from the beginning of the source, by the time stamps of the source. */
  readonly time: number;
}

/** Which frames are looked at, and how they are read. */
export interface FrameOptions {
  /** Frames a second, above 0 and at most 60. Default 5. */
  readonly fps?: number;
  /** Instead: frames that differ from the one before by so much (ffmpeg's scene score, 0..1), and one each `every` s at least. */
  readonly scene?: number;
  /** Seconds, above 0; default 1. */
  readonly every?: number;
  /** Frames of a larger short side are shrunk to it by ffmpeg (area average) before zeroclip's own resize. Absent: never. */
  readonly shrinkTo?: number;
  /** A file is read at its own speed. */
  readonly realtime?: boolean;
  /** The ffmpeg to start. Default: the one of the search path. */
  readonly ffmpeg?: string;
  /** A stream or camera that gives no picture for so long, s, has failed. Default 15, and no less than three times 1/fps. */
  readonly stall?: number;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the video, where the source is stdin. */
  readonly stdin?: Readable;
}

/** What is kept of ffmpeg's words: the last line says what was wrong. */
const MOST_WORDS = 4_000;

/** How long, ms, ffmpeg may take to end by itself when it is told to. */
const PATIENCE_MS = 2_000;

/** The chain of filters: which frames, how large, and a line with the time stamp of each on pipe 3, in microseconds. */
export function filterChain({ fps = 5, scene, every = 1, shrinkTo }: FrameOptions): string {
  const first = "isnan(prev_selected_t)";
  // One frame of each 1/fps s with its own time stamp: none is doubled where the source is slower.
  const select =
    scene === undefined
      ? `${first}+gt(floor(t*${fps}+0.001)\\,floor(prev_selected_t*${fps}+0.001))`
      : `${first}+gt(scene\\,${scene})+gte(t-prev_selected_t\\,${every})`;
  const share = `min(1\\,${shrinkTo}/min(iw*sar\\,ih))`;
  const scale =
    shrinkTo === undefined
      ? "scale=w=max(1\\,round(iw*sar)):h=ih"
      : `scale=w=max(1\\,round(iw*sar*${share})):h=max(1\\,round(ih*${share})):flags=area`;
  // A key of our own, as only frames with metadata are printed.
  const stamps =
    "settb=1/1000000,metadata=mode=add:key=z:value=1,metadata=mode=print:key=z:file=pipe\\\\:3:direct=1";
  return `select=${select},${scale},setsar=1,${stamps}`;
}

function checkFrameOptions({ fps, scene, every = 1 }: FrameOptions): void {
  if (fps !== undefined && !(fps > 0 && fps <= 60))
    throw new ClipError("live.options", `Expected fps above 0 and at most 60 but received ${fps}.`);
  if (scene !== undefined && !(scene > 0 && scene < 1))
    throw new ClipError("live.options", `Expected scene above 0 and below 1 but received ${scene}.`);
  if (!(every > 0)) throw new ClipError("live.options", `Expected every above 0 but received ${every}.`);
}

function stallOf({ fps = 5, scene, stall = 15 }: FrameOptions): number {
  return Math.max(stall, scene === undefined ? 3 / fps : 0);
}

/** Ends a source that says nothing for so long, s, while it is waited for: ffmpeg waits for a camera for ever. */
function stallWatch(seconds: number | undefined, stop: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let told = "";
  return {
    wait(): void {
      if (seconds === undefined) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        told = `nothing for ${seconds} s`;
        stop();
      }, 1000 * seconds);
    },
    rest(): void {
      clearTimeout(timer);
    },
    told: (): string => told,
  };
}

/** Time stamps as they come; each frame waits for its own. */
function stampReader(pipe: Readable): () => Promise<number | undefined> {
  const lines = (async function* () {
    let rest = "";
    for await (const chunk of pipe) {
      const parts = (rest + String(chunk)).split("\n");
      rest = parts.pop()!;
      for (const line of parts) {
        const found = /^frame:\d+\s+pts:(-?\d+)/.exec(line);
        if (found) yield Number(found[1]) / 1e6;
      }
    }
  })();
  return async () => (await lines.next()).value as number | undefined;
}

/**
 * The sampled frames of a source, through an ffmpeg child process that ends with the iteration. Raises `live.ffmpeg` where
 * ffmpeg can't be started, `live.source` where it can't read the source, `live.options`.
 */
export async function* videoFrames(
  source: string,
  form: SourceForm,
  options: FrameOptions = {},
): AsyncGenerator<VideoFrame> {
  checkFrameOptions(options);
  if (options.signal?.aborted) return;
  const program = options.ffmpeg ?? "ffmpeg";
  const args = [
    ...["-hide_banner", "-v", "error"],
    ...(form.kind === "stdin" ? [] : ["-nostdin"]),
    ...(form.live ? ["-fflags", "nobuffer"] : []),
    ...(options.realtime && !form.live ? ["-re"] : []),
    ...form.input,
    ...["-map", "0:v:0", "-an", "-sn", "-dn", "-vf", filterChain(options), "-vsync", "passthrough"],
    ...["-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "-flush_packets", "1", "pipe:1"],
  ];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe", "pipe"], windowsHide: true });
  let words = "";
  let failed: NodeJS.ErrnoException | undefined;
  child.stderr.on("data", (chunk) => {
    words = (words + String(chunk)).slice(-MOST_WORDS);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      failed = error;
      resolve(null);
    });
    child.once("close", resolve);
  });
  // ffmpeg may end before it has read all: what can't be written then is of no interest.
  child.stdin.on("error", () => {});
  if (form.kind === "stdin" && options.stdin) options.stdin.pipe(child.stdin);
  else child.stdin.end();
  const stop = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS).unref();
  };
  options.signal?.addEventListener("abort", stop, { once: true });
  const stamps = child.stdio[3] as Readable;
  stamps.on("error", () => {});
  const stamp = stampReader(stamps);
  const read = ppmReader();
  const stalled = stallWatch(form.live ? stallOf(options) : undefined, stop);
  let count = 0;
  try {
    if (failed === undefined && child.pid !== undefined) {
      stalled.wait();
      for await (const chunk of child.stdout) {
        stalled.rest();
        for (const image of read(chunk as Uint8Array)) {
          const time = await stamp();
          if (time === undefined) break;
          count += 1;
          yield { image, time };
        }
        stalled.wait();
      }
    }
    const code = await ended;
    if (options.signal?.aborted) return;
    if (failed) {
      throw new ClipError(
        "live.ffmpeg",
        `Expected the program ffmpeg, which reads videos, but ${program} can't be started (${failed.code ?? failed.message}); install it (apt install ffmpeg, brew install ffmpeg).`,
        { cause: failed },
      );
    }
    if (code !== 0 || count === 0) {
      const why =
        stalled.told() ||
        words.trim().split("\n").at(-1) ||
        (count === 0 ? "it has no frames" : `ffmpeg ended with ${code}`);
      throw new ClipError("live.source", `Expected a video from ${source} but ffmpeg says: ${why}`);
    }
  } finally {
    stalled.rest();
    options.signal?.removeEventListener("abort", stop);
    if (options.stdin) options.stdin.unpipe(child.stdin);
    if (child.exitCode === null && child.pid !== undefined) stop();
  }
}
