import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { LiveEventMessage, LiveFrameAnswer } from "../../../src/server/wire/live";
import type { AskingState } from "../asking";
import { clock, percent } from "../format";
import { frameOf, openCamera, stopStream } from "../frames";
import { type LiveFigures, LiveSession } from "../live-session";
import { AskingPanel } from "../parts/asking-panel";
import { Button, Empty, Notice } from "../parts/basics";
import { useWords } from "../words";

/** Longer side of the frames that are sent: twice what most models see. */
const FRAME_SIDE = 640;
const MOST_EVENTS = 200;

type Source = { readonly kind: "camera" } | { readonly kind: "file"; readonly url: string };

interface LiveState {
  readonly state: "idle" | "open" | "lost";
  readonly frame: LiveFrameAnswer | undefined;
  readonly figures: LiveFigures | undefined;
  readonly events: readonly LiveEventMessage[];
  readonly version: number;
  readonly error: string | undefined;
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

/** Runs a session over what the video shows, as long as there is a source. */
function useLive(
  video: React.RefObject<HTMLVideoElement | null>,
  source: Source | undefined,
  apiKey: string,
  state: AskingState,
): LiveState {
  const { request } = state;
  const [live, setLive] = useState(IDLE);
  const session = useRef<LiveSession>(undefined);
  const asked = useRef(request);
  asked.current = request;
  const canStart = request !== undefined;
  useEffect(() => {
    if (!canStart || source === undefined) return;
    const update = (part: Partial<LiveState>): void => setLive((last) => ({ ...last, ...part }));
    setLive(IDLE);
    let last = Number.NaN;
    const running = new LiveSession(
      apiKey,
      async () => {
        const shown = video.current;
        // The same frame is not sent twice.
        if (!shown || shown.currentTime === last) return;
        last = shown.currentTime;
        const blob = await frameOf(shown, FRAME_SIDE, 0.85);
        return blob && { blob, time: last };
      },
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
  }, [canStart, source, apiKey, video]);
  useEffect(() => {
    if (request) session.current?.change(request);
  }, [request]);
  return live;
}

/** The camera or a video, frame by frame. */
export function LiveView({
  state,
  apiKey,
}: {
  readonly state: AskingState;
  readonly apiKey: string;
}): ReactNode {
  const words = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const [source, setSource] = useState<Source>();
  const [noCamera, setNoCamera] = useState(false);
  const live = useLive(video, source, apiKey, state);
  useVideo(
    video,
    source,
    useCallback(() => {
      setNoCamera(true);
      setSource(undefined);
    }, []),
  );
  return (
    <div className="view live">
      <section className="panel" aria-label={words.live.title}>
        <div className="row">
          {source ? (
            <Button kind="danger" onClick={() => setSource(undefined)}>
              {words.live.stop}
            </Button>
          ) : (
            <>
              <Button
                kind="main"
                icon="camera"
                onClick={() => {
                  setNoCamera(false);
                  setSource({ kind: "camera" });
                }}
              >
                {words.live.camera}
              </Button>
              <Button icon="upload" onClick={() => chooser.current?.click()}>
                {words.live.file}
              </Button>
            </>
          )}
          <input
            ref={chooser}
            type="file"
            accept="video/*"
            hidden
            aria-label={words.live.file}
            onChange={(event) => {
              const file = event.target.files?.[0];
              event.target.value = "";
              if (file) setSource({ kind: "file", url: URL.createObjectURL(file) });
            }}
          />
        </div>
        {noCamera && <Notice kind="error">{words.pictures.noCamera}</Notice>}
        <div className="screen">
          <video ref={video} playsInline muted controls={source?.kind === "file"} />
          {!source && <Empty icon="live" title={words.live.idle} />}
        </div>
        {live.state === "lost" && <Notice kind="error">{words.live.noSocket}</Notice>}
        {live.error !== undefined && <Notice kind="error">{live.error}</Notice>}
        {source && live.figures && <Figures figures={live.figures} version={live.version} />}
        {live.events.length > 0 && <Timeline events={live.events} now={live.frame?.time ?? 0} />}
      </section>
      <section className="panel labels-panel" aria-label={words.labels.title}>
        <AskingPanel state={state} brief />
      </section>
      <section className="panel" aria-label={words.live.now}>
        <h2>{words.live.now}</h2>
        <LiveBars frame={live.frame} />
        <h2>{words.live.events}</h2>
        <Events events={live.events} />
      </section>
    </div>
  );
}

/** Shows a source in the video element; what it was before is let go. */
function useVideo(
  video: React.RefObject<HTMLVideoElement | null>,
  source: Source | undefined,
  onNone: () => void,
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
    start().catch(() => gone || onNone());
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

function Figures({
  figures,
  version,
}: {
  readonly figures: LiveFigures;
  readonly version: number;
}): ReactNode {
  const words = useWords();
  return (
    <p className="figures-line digits">
      <span>
        <strong>{figures.framesPerSecond.toFixed(1)}</strong> {words.live.rate}
      </span>
      <span>
        <strong>{figures.p50.toFixed(0)}</strong> / {words.answer.time(figures.p95.toFixed(0))} (p50 / p95){" "}
        {words.live.latency}
      </span>
      <span>{words.live.version(version)}</span>
    </p>
  );
}

/** Rows keep their places, so that the eye can follow them; only their bars move. */
function LiveBars({ frame }: { readonly frame: LiveFrameAnswer | undefined }): ReactNode {
  const words = useWords();
  if (!frame?.predictions) return <p className="quiet-text">…</p>;
  const best = frame.predictions[0]?.label;
  const rows = [...frame.predictions].sort((a, b) => a.label.localeCompare(b.label, words.code));
  return (
    <ul className="bars steady">
      {rows.map(({ label, probability }) => (
        <li key={label} className={`bar ${label === best ? "best" : ""}`}>
          <span className="bar-label" dir="auto">
            {label}
          </span>
          <span className="bar-value">{percent(probability, words.code)}</span>
          <span className="bar-track">
            <span className="bar-fill" style={{ width: `${probability * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Events({ events }: { readonly events: readonly LiveEventMessage[] }): ReactNode {
  const words = useWords();
  if (events.length === 0) return <p className="hint">{words.live.noEvents}</p>;
  return (
    <ol className="events">
      {events.map(({ label, start, end, confidence }) => (
        <li key={`${label} ${start}`}>
          <span className="digits quiet-text">
            {clock(start)} – {end === undefined ? words.live.lasting : clock(end)}
          </span>
          <span dir="auto">{label}</span>
          <span className="digits">{percent(confidence, words.code)}</span>
        </li>
      ))}
    </ol>
  );
}

/** Events as bars over time, a row a label. */
function Timeline({
  events,
  now,
}: {
  readonly events: readonly LiveEventMessage[];
  readonly now: number;
}): ReactNode {
  const words = useWords();
  const first = Math.min(...events.map(({ start }) => start));
  const last = Math.max(now, ...events.map(({ start, end }) => end ?? start), first + 1);
  const at = (time: number): string => `${((time - first) / (last - first)) * 100}%`;
  const labels = [...new Set(events.map(({ label }) => label))].sort();
  return (
    <ul className="timeline" aria-label={words.live.events}>
      {labels.map((label) => (
        <li key={label}>
          <span className="timeline-label" dir="auto">
            {label}
          </span>
          <span className="timeline-track">
            {events
              .filter((event) => event.label === label)
              .map(({ start, end = last }) => (
                <span
                  key={start}
                  style={{
                    insetInlineStart: at(start),
                    width: `max(3px, ${((end - start) / (last - first)) * 100}%)`,
                  }}
                />
              ))}
          </span>
        </li>
      ))}
      <li className="axis digits" aria-hidden="true">
        <span />
        <span className="row between">
          <span>{clock(first)}</span>
          <span>{clock((first + last) / 2)}</span>
          <span>{clock(last)}</span>
        </span>
      </li>
    </ul>
  );
}
