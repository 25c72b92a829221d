import { ClipError } from "../errors.js";
import type { Facts, LoadSpec } from "./protocol.js";
import { type Launch, System } from "./system.js";

/** Something to measure: a process that speaks the protocol, and what it is to open. */
export interface Contender extends Launch {
  readonly spec: LoadSpec;
  /** True for zeroclip's own processes, which know more of their model than peers do. */
  readonly own: boolean;
}

/** What one figure is: milliseconds a picture or prompt, milliseconds, or bytes. */
export type Measure = "load" | "cold" | "resident" | `b${number}` | "text" | "files";

/** All that was measured of one contender. A round's value stands at the same place for every contender. */
export interface Measured {
  readonly name: string;
  readonly own: boolean;
  readonly samples: Readonly<Partial<Record<Measure, readonly number[]>>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly facts?: Facts;
  /** Least cosine of its vectors to the first contender's, over the pictures of the largest batch. */
  readonly worstCosine?: number;
  /** Why it has no, or fewer, figures. */
  readonly failed?: string;
}

/** A contender while it is measured. One that fails keeps what it has and is left out from then on. */
export class Run {
  readonly #samples: Partial<Record<Measure, readonly number[]>> = {};
  #versions: Readonly<Record<string, string>> = {};
  #facts: Facts | undefined;
  #failed: string | undefined;
  worstCosine: number | undefined;
  system: System | undefined;

  constructor(readonly contender: Contender) {}

  get failed(): boolean {
    return this.#failed !== undefined;
  }

  add(measure: Measure, value: number): void {
    this.#samples[measure] = [...(this.#samples[measure] ?? []), value];
  }

  /** Does a step; what the process says when it can't becomes its one sentence. Raises `aborted` as it is. */
  async step(work: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    if (this.failed) return;
    try {
      await work();
    } catch (error) {
      if (signal?.aborted) throw new ClipError("aborted", "The benchmark was stopped.", { cause: error });
      if (!(error instanceof ClipError)) throw error;
      this.#failed = error.message;
      await this.close();
    }
  }

  start(): System {
    return new System(this.contender);
  }

  learn(versions: Readonly<Record<string, string>>, facts?: Facts): void {
    this.#versions = versions;
    if (facts) this.#facts = facts;
  }

  async close(): Promise<void> {
    await this.system?.[Symbol.asyncDispose]();
    this.system = undefined;
  }

  result(): Measured {
    return {
      name: this.contender.name,
      own: this.contender.own,
      samples: this.#samples,
      versions: this.#versions,
      ...(this.#facts ? { facts: this.#facts } : {}),
      ...(this.worstCosine === undefined ? {} : { worstCosine: this.worstCosine }),
      ...(this.#failed === undefined ? {} : { failed: this.#failed }),
    };
  }
}
