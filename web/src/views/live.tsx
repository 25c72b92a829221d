import { type ReactNode, useCallback, useRef, useState } from "react";
import type { AskingState } from "../asking";
import { AskingPanel } from "../parts/asking-panel";
import { Button, Empty, Notice } from "../parts/basics";
import { Events, Figures, LiveBars, Timeline } from "../parts/live-parts";
import { spoken } from "../said";
import { type LiveSource, useLive, useVideo } from "../use-live";
import { useWords } from "../words";

/** Labels of a frame that are shown, as many as are asked for. */
const MOST_SHOWN = 8;

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
  const [source, setSource] = useState<LiveSource>();
  /** What could not be shown. */
  const [failed, setFailed] = useState<LiveSource["kind"]>();
  const { live, onEnded, onPlay } = useLive(video, source, apiKey, state);
  useVideo(
    video,
    source,
    useCallback((kind) => {
      setFailed(kind);
      setSource(undefined);
    }, []),
  );
  const take = (chosen: LiveSource): void => {
    setFailed(undefined);
    setSource(chosen);
  };
  const waiting = source && live.state !== "done" ? (state.request?.labels?.length ?? MOST_SHOWN) : 0;
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
              <Button kind="main" icon="camera" onClick={() => take({ kind: "camera" })}>
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
              if (file) take({ kind: "file", url: URL.createObjectURL(file) });
            }}
          />
        </div>
        {failed && (
          <Notice kind="error">{failed === "camera" ? words.pictures.noCamera : words.live.noVideo}</Notice>
        )}
        <div className="screen">
          <video
            ref={video}
            playsInline
            muted
            controls={source?.kind === "file"}
            onEnded={onEnded}
            onPlay={onPlay}
          />
          {!source && <Empty icon="live" title={words.live.idle} />}
        </div>
        {live.state === "lost" && <Notice kind="error">{words.live.noSocket}</Notice>}
        {live.error && <Notice kind="error">{spoken(live.error, words)}</Notice>}
        {source && live.figures && <Figures figures={live.figures} version={live.version} />}
        {live.events.length > 0 && <Timeline events={live.events} now={live.frame?.time ?? 0} />}
      </section>
      <section className="panel labels-panel" aria-label={words.labels.title}>
        <AskingPanel state={state} brief />
      </section>
      <section className="panel" aria-label={words.live.now}>
        <h2>{words.live.now}</h2>
        <LiveBars frame={live.frame} waiting={Math.min(waiting, MOST_SHOWN)} />
        <h2>{words.live.events}</h2>
        <Events events={live.events} />
      </section>
    </div>
  );
}
