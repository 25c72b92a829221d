import type { ReactNode } from "react";
import type { LiveEventMessage, LiveFrameAnswer } from "../../../src/server/wire/live";
import { clock, percent } from "../format";
import type { LiveFigures } from "../live-session";
import { useWords } from "../words";

/** How fast it goes, and which labels are compared. */
export function Figures({
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
export function LiveBars({
  frame,
  waiting,
}: {
  readonly frame: LiveFrameAnswer | undefined;
  /** How many rows will come; 0: none, as nothing runs. */
  readonly waiting: number;
}): ReactNode {
  const words = useWords();
  if (!frame && waiting === 0) return <p className="hint">{words.live.nothingNow}</p>;
  if (!frame)
    return (
      <ul className="bars waiting" aria-hidden="true">
        {Array.from({ length: waiting }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: places, not things.
          <li key={i} className="bar">
            <span className="bar-label" />
            <span className="bar-track" />
          </li>
        ))}
      </ul>
    );
  if (!frame.predictions) return <p className="hint">{words.live.nothingNow}</p>;
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

/** What came and went, the newest first. */
export function Events({ events }: { readonly events: readonly LiveEventMessage[] }): ReactNode {
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
export function Timeline({
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
