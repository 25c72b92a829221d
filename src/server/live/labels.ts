import { setTimeout as wait } from "node:timers/promises";
import { asClipError, type ClipError } from "../../errors.js";
import type { AnswerContext } from "../answer.js";
import type { Asker } from "../queue/batcher.js";
import { BusyError } from "../queue/busy.js";
import type { Serving } from "../serving.js";
import { type Compared, comparedWith, type LabelsAsked } from "./compared.js";

/** Who streams, and when he is gone. */
export type LiveAsker = Asker & { readonly signal: AbortSignal };

/** What is told of a stream's labels. */
export interface LabelsTold {
  readonly changed: (now: Compared) => void;
  readonly failed: (error: ClipError) => void;
}

/**
 * The labels of a stream as they change: frames go on with the old ones until the new ones are computed; of several changes
 * that wait the last one counts.
 */
export class StreamLabels {
  readonly #context: AnswerContext;
  readonly #serving: Serving;
  readonly #asker: LiveAsker;
  readonly #told: LabelsTold;
  #current: Compared;
  #wanted: LabelsAsked | undefined;
  #changing = false;
  /** Of a set of the server: what could not be taken, so that it is told once. */
  #refused: string | undefined;

  private constructor(
    context: AnswerContext,
    serving: Serving,
    first: Compared,
    asker: LiveAsker,
    told: LabelsTold,
  ) {
    this.#context = context;
    this.#serving = serving;
    this.#current = first;
    this.#asker = asker;
    this.#told = told;
  }

  /** Raises what `comparedWith` raises. */
  static async open(
    context: AnswerContext,
    serving: Serving,
    asked: LabelsAsked,
    asker: LiveAsker,
    told: LabelsTold,
  ): Promise<StreamLabels> {
    const first = await comparedWith(context, serving, asked, 1, asker);
    return new StreamLabels(context, serving, first, asker, told);
  }

  /** What the next frame is compared with. Looks whether the server's set has changed meanwhile. */
  now(): Compared {
    const { stored, asked, mark } = this.#current;
    if (stored && !this.#changing) {
      const found = this.#hashOf(stored.name);
      const taught = this.#context.examples.mark(stored.name) !== mark;
      if ((found !== stored.hash || taught) && found !== this.#refused) {
        this.#refused = found;
        this.change(asked);
      }
    }
    return this.#current;
  }

  /** Other labels from when they are computed on. */
  change(asked: LabelsAsked): void {
    this.#wanted = asked;
    if (!this.#changing) void this.#change();
  }

  /** Empty: the set is gone. */
  #hashOf(name: string): string {
    try {
      return this.#context.labelSets.get(name).hash;
    } catch {
      return "";
    }
  }

  async #change(): Promise<void> {
    const { signal } = this.#asker;
    this.#changing = true;
    while (this.#wanted && !signal.aborted) {
      const asked = this.#wanted;
      this.#wanted = undefined;
      try {
        const version = this.#current.version + 1;
        this.#current = await comparedWith(this.#context, this.#serving, asked, version, this.#asker);
        this.#refused = undefined;
        this.#told.changed(this.#current);
      } catch (error) {
        if (signal.aborted) break;
        this.#told.failed(asClipError(error, "labels.type"));
        if (!(error instanceof BusyError)) continue;
        // Asked again, unless others were wanted meanwhile.
        await wait(error.retryAfter * 1000, undefined, { signal }).catch(() => undefined);
        this.#wanted ??= asked;
      }
    }
    this.#changing = false;
  }
}
