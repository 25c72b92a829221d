import { throwIfAborted } from "../../errors.js";
import { BusyError } from "../queue/busy.js";

/** Work that takes memory or disk: so many at once, so many that wait, in the order asked; further ones are refused. */
export class Gate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    readonly atOnce: number,
    readonly mostWaiting: number,
  ) {}

  /** Raises `server.busy` where too many wait, and `aborted` where nobody waits for it any more when its turn comes. */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.atOnce) {
      if (this.#waiting.length >= this.mostWaiting) throw new BusyError(1);
      await new Promise<void>((turn) => this.#waiting.push(turn));
    } else this.#running += 1;
    try {
      throwIfAborted(signal);
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes to the next one.
      if (next) next();
      else this.#running -= 1;
    }
  }
}
