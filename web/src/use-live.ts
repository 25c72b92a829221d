import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { LiveEventMessage, LiveFrameAnswer } from "../../src/server/wire/live";
import type { AskingState } from "./asking";
import { openCamera, stopStream } from "./frames";
import type { FrameSource, LiveFigures } from "./live-session";
import { type LiveStream, type Platform, usePlatform } from "./platform";
import type { Said } from "./said";

const MOST_EVENTS = 200;

export type LiveSource = { readonly kind: "camera" } | { readonly kind: "file"; readonly url: string };

export interface LiveState {
  /** `done`: the video has come to its end, and all its events with it. */
  readonly state: "idle" | "open" | "lost" | "done";
  readonly frame: LiveFrameAnswer | undefined;
  readonly figures: LiveFigures | undefined;
  readonly events: readonly LiveEventMessage[];
  readonly version: number;
  readonly error: Said | undefined;
}

const IDLE: LiveState = {
  state: "idle",
  frame: undefined,
  figures: undefined,
  events: [],
  version: 1,
  error: undefined,
};

/** An event's end takes the place of its beginning. */
function withEvent(
  events: readonly LiveEventMessage[],
  event: LiveEventMessage,
): readonly LiveEventMessage[] {
  const rest = events.filter(({ label, start }) => label !== event.label || start !== event.start);
  return [event, ...rest].sort((a, b) => b.start - a.start).slice(0, MOST_EVENTS);
}

/** What a stream has said, and what the video element tells of itself. */
export interface Live {
  readonly live: LiveState;
  /** A file has come to its end: what is still seen ends with it. */
  readonly onEnded: () => void;
  /** It plays, perhaps anew. */
  readonly onPlay: () => void;
}

/** What a video shows, each of its frames once: its clock runs on between two of them. */
function framesOf(video: () => HTMLVideoElement | null, grab: Platform["grab"]): FrameSource {
  let sent = Number.NaN;
  return async () => {
    const shown = video();
    if (!shown) return;
    const { currentTime: time } = shown;
    // Counts the frames that were painted; what does not count them is told by its clock.
    const frame = shown.getVideoPlaybackQuality?.().totalVideoFrames || time;
    if (frame === sent) return;
    const picture = await grab(shown);
    if (!picture) return;
    sent = frame;
    return { picture, time };
  };
}

/** Runs a session over what the video shows, as long as there is a source. */
export function useLive(
  video: RefObject<HTMLVideoElement | null>,
  source: LiveSource | undefined,
  apiKey: string,
  state: AskingState,
): Live {
  const { request } = state;
  const platform = usePlatform();
  const [live, setLive] = useState(IDLE);
  /** Counts plays: a video that is played again is a stream of its own. */
  const [play, setPlay] = useState(0);
  const session = useRef<LiveStream>(undefined);
  const asked = useRef(request);
  asked.current = request;
  const canStart = request !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `play` begins it anew.
  useEffect(() => {
    if (!canStart || source === undefined) return;
    const update = (part: Partial<LiveState>): void => setLive((last) => ({ ...last, ...part }));
    setLive(IDLE);
    const running = platform.live(
      apiKey,
      framesOf(() => video.current, platform.grab),
      asked.current!,
      {
        onState: (state) => update({ state }),
        onFrame: (frame, figures) => update({ frame, figures, error: undefined }),
        onEvent: (event) => setLive((last) => ({ ...last, events: withEvent(last.events, event) })),
        onVersion: (version) => update({ version }),
        onError: (error) => update({ error }),
      },
    );
    session.current = running;
    return () => {
      session.current = undefined;
      running.end();
    };
  }, [canStart, source, apiKey, video, play, platform]);
  useEffect(() => {
    if (request) session.current?.change(request);
  }, [request]);
  const onEnded = useCallback(() => session.current?.finish(), []);
  const onPlay = useCallback(() => {
    if (session.current?.finished) setPlay((last) => last + 1);
  }, []);
  return { live, onEnded, onPlay };
}

/** Shows a source in the video element; what it was before is let go. */
export function useVideo(
  video: RefObject<HTMLVideoElement | null>,
  source: LiveSource | undefined,
  onNone: (kind: LiveSource["kind"]) => void,
): void {
  useEffect(() => {
    const shown = video.current;
    if (!source || !shown) return;
    let stream: MediaStream | undefined;
    let gone = false;
    const start = async (): Promise<void> => {
      if (source.kind === "file") shown.src = source.url;
      else {
        stream = await openCamera();
        if (gone) return stopStream(stream);
        shown.srcObject = stream;
      }
      await shown.play();
    };
    start().catch(() => gone || onNone(source.kind));
    return () => {
      gone = true;
      stopStream(stream);
      shown.pause();
      shown.srcObject = null;
      shown.removeAttribute("src");
      shown.load();
      if (source.kind === "file") URL.revokeObjectURL(source.url);
    };
  }, [video, source, onNone]);
}
