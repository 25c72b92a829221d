import {
  type EventOptions,
  eventOptions,
  flush,
  type LiveEvent,
  NOTHING_SEEN,
  observe,
} from "../../live/events.js";
import type { ShownLabel } from "../../zeroshot/chosen-labels.js";
import type { Prediction } from "../../zeroshot/predict.js";
import type { LiveEventMessage } from "../wire/live.js";

/** Frames' predictions → events, with labels as they are shown. */
export class EventWatch {
  readonly #rules: Required<EventOptions>;
  /** How what is seen was shown, as other labels may have come since. */
  readonly #shown = new Map<string, ShownLabel>();
  #state = NOTHING_SEEN;

  /** Raises `live.options`. */
  constructor(options: EventOptions) {
    this.#rules = eventOptions(options);
  }

  /** All predictions of a frame → what came and went. Where time goes back, as a video that begins again, all ends. */
  see(
    time: number,
    predictions: readonly Prediction[],
    show: (label: string) => ShownLabel,
  ): LiveEventMessage[] {
    const again = this.#state.time !== undefined && time < this.#state.time ? this.end() : [];
    const now = new Map(predictions.map(({ label, probability }) => [label, probability]));
    const { state, events } = observe(this.#state, time, now, this.#rules);
    this.#state = state;
    return [...again, ...events.map((event) => this.#told(event, show))];
  }

  /** Everything seen ends. */
  end(): LiveEventMessage[] {
    const events = flush(this.#state).map((event) => this.#told(event, (label) => ({ label })));
    this.#state = NOTHING_SEEN;
    this.#shown.clear();
    return events;
  }

  #told(event: LiveEvent, show: (label: string) => ShownLabel): LiveEventMessage {
    const { label, id } = this.#shown.get(event.label) ?? show(event.label);
    if (event.event === "start") this.#shown.set(event.label, show(event.label));
    else this.#shown.delete(event.label);
    return { type: "event", ...event, label, ...(id === undefined ? {} : { id }) };
  }
}
