import { ClipError } from "../errors.js";

/** Steps that a file may cost; spent by everything that an attacker could otherwise make grow faster than the file. */
export class Budget {
  #left: number;

  constructor(
    readonly most: number,
    /** What the steps are spent on, for the message. */
    readonly what: string,
  ) {
    this.#left = most;
  }

  /** Raises `checkpoint.unsafe` when nothing is left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) {
      throw new ClipError(
        "checkpoint.unsafe",
        `Expected ${this.what} to take at most ${this.most} steps but it takes more.`,
      );
    }
  }
}
