import { asClipError, type ClipError } from "../../errors.js";
import type { AnswerContext } from "../answer.js";
import type { Serving } from "../serving.js";
import { type Compared, comparedWith, type LabelsAsked } from "./compared.js";

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
  readonly #signal: AbortSignal;
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
    signal: AbortSignal,
    told: LabelsTold,
  ) {
    this.#context = context;
    this.#serving = serving;
    this.#current = first;
    this.#signal = signal;
    this.#told = told;
  }

  /** Raises what `comparedWith` raises. */
  static async open(
    context: AnswerContext,
    serving: Serving,
    asked: LabelsAsked,
    signal: AbortSignal,
    told: LabelsTold,
  ): Promise<StreamLabels> {
    const first = await comparedWith(context, serving, asked, 1, signal);
    return new StreamLabels(context, serving, first, signal, told);
  }

  /** What the next frame is compared with. Looks whether the server's set has changed meanwhile. */
  now(): Compared {
    const { stored, asked } = this.#current;
    if (stored && !this.#changing) {
      const found = this.#hashOf(stored.name);
      if (found !== stored.hash && found !== this.#refused) {
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
    this.#changing = true;
    while (this.#wanted && !this.#signal.aborted) {
      const asked = this.#wanted;
      this.#wanted = undefined;
      try {
        const version = this.#current.version + 1;
        this.#current = await comparedWith(this.#context, this.#serving, asked, version, this.#signal);
        this.#refused = undefined;
        this.#told.changed(this.#current);
      } catch (error) {
        if (!this.#signal.aborted) this.#told.failed(asClipError(error, "labels.type"));
      }
    }
    this.#changing = false;
  }
}
