import { ClipError } from "../errors.js";
import { smoothed } from "./smooth.js";

/** When a label counts as seen. */
export interface EventOptions {
  /** Time constant of the smoothing, s. Default 0.2. */
  readonly smooth?: number;
  /** Smoothed probability from which a label is seen, 0..1. Default 0.6. */
  readonly on?: number;
  /** Below this it is no longer seen; at most `on`. Default 0.4. */
  readonly off?: number;
  /** What is seen for less, s, is no event. Default 0.2. */
  readonly minDuration?: number;
}

/** A label came or went; times in seconds of the source. */
export type LiveEvent =
  | { readonly event: "start"; readonly label: string; readonly start: number; readonly confidence: number }
  | {
      readonly event: "end";
      readonly label: string;
      readonly start: number;
      readonly end: number;
      /** Mean probability while it was seen, 0..1. */
      readonly confidence: number;
    };

/** What is remembered of a label. */
export interface LabelState {
  readonly value: number;
  /** Since when its own probability is at `on` or more without a break; and below `off`. */
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  /** Of what is seen: since when, told already or still too short, and the mean of its probabilities. */
  readonly seen?:
    | { readonly start: number; readonly told: boolean; readonly sum: number; readonly count: number }
    | undefined;
}

/** All that is remembered between two frames: plain data. */
export interface EventState {
  readonly time?: number;
  readonly labels: Readonly<Record<string, LabelState>>;
}

/** Nothing seen yet. */
export const NOTHING_SEEN: EventState = { labels: {} };

/** Options with defaults. Raises `live.options`. */
export function eventOptions(options: EventOptions): Required<EventOptions> {
  const { smooth = 0.2, on = 0.6, minDuration = 0.2 } = options;
  const { off = Math.min(0.4, on) } = options;
  const fine = [smooth, minDuration].every((value) => value >= 0 && value <= 3_600);
  if (fine && on > 0 && on <= 1 && off >= 0 && off <= on) return { smooth, on, off, minDuration };
  throw new ClipError(
    "live.options",
    `Expected 0 <= off <= on <= 1 with on above 0, and smooth and minDuration of 0 to 3600 s, but received ${JSON.stringify({ smooth, on, off, minDuration })}.`,
  );
}

function ended(label: string, { seen }: LabelState, end: number): LiveEvent[] {
  if (!seen?.told) return [];
  return [
    {
      event: "end",
      label,
      start: seen.start,
      end: Math.max(end, seen.start),
      confidence: seen.sum / seen.count,
    },
  ];
}

/** One label at one frame: smoothing, then two thresholds, so that what wavers between them changes nothing. */
function observeLabel(
  label: string,
  before: LabelState | undefined,
  now: number,
  time: number,
  seconds: number,
  { smooth, on, off, minDuration }: Required<EventOptions>,
): { state: LabelState; events: LiveEvent[] } {
  const value = smoothed(before?.value, now, seconds, smooth);
  // Events begin and end where the frames changed, not where smoothing came to believe it.
  const above = now >= on ? (before?.above ?? time) : undefined;
  const below = now < off ? (before?.below ?? time) : undefined;
  const was = before?.seen;
  if (was && value < off) {
    return { state: { value, above, below }, events: ended(label, before, below ?? time) };
  }
  if (!was && value < on) return { state: { value, above, below }, events: [] };
  const seen = was ?? { start: above ?? time, told: false, sum: 0, count: 0 };
  // What is below `off` while smoothing still holds on is after the event.
  const counted = below === undefined ? { sum: seen.sum + now, count: seen.count + 1 } : seen;
  const tells = !seen.told && below === undefined && time - seen.start >= minDuration - 1e-6;
  const next = {
    start: seen.start,
    told: seen.told || tells,
    sum: counted.sum,
    count: Math.max(1, counted.count),
  };
  return {
    state: { value, above, below, seen: next },
    events: tells ? [{ event: "start", label, start: seen.start, confidence: next.sum / next.count }] : [],
  };
}

/** A frame's probabilities (label → 0..1) → what came and went, and what to remember. Ends are told before starts. */
export function observe(
  before: EventState,
  time: number,
  probabilities: ReadonlyMap<string, number>,
  options: Required<EventOptions>,
): { state: EventState; events: LiveEvent[] } {
  const seconds = before.time === undefined ? 0 : time - before.time;
  const gone = relabel(before, [...probabilities.keys()], time);
  const events = [...gone.events];
  const labels: Record<string, LabelState> = Object.create(null);
  for (const [label, now] of probabilities) {
    const one = observeLabel(label, gone.state.labels[label], now, time, seconds, options);
    labels[label] = one.state;
    events.push(...one.events);
  }
  const order = (event: LiveEvent): number => (event.event === "end" ? 0 : 1);
  return { state: { time, labels }, events: events.sort((a, b) => order(a) - order(b)) };
}

/** Other labels from now on: those that are gone end here. */
export function relabel(
  before: EventState,
  labels: readonly string[],
  time: number,
): { state: EventState; events: LiveEvent[] } {
  const kept = new Set(labels);
  const events: LiveEvent[] = [];
  const left: Record<string, LabelState> = Object.create(null);
  for (const [label, state] of Object.entries(before.labels)) {
    if (kept.has(label)) left[label] = state;
    else events.push(...ended(label, state, state.below ?? time));
  }
  return { state: { ...before, labels: left }, events };
}

/** The end of the source: everything still seen ends. */
export function flush(before: EventState, time = before.time ?? 0): LiveEvent[] {
  return relabel(before, [], time).events;
}
