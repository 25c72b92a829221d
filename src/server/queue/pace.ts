/** Weight of the newest run in what is known of a pace. */
const NEWEST = 0.2;

/** How fast things are done: a moving average over runs. */
export class Pace {
  #msAnItem: number | undefined;

  /** A run of so many took so long, by itself on its part of the machine. */
  ran(items: number, ms: number): void {
    const now = ms / items;
    this.#msAnItem = this.#msAnItem === undefined ? now : this.#msAnItem + NEWEST * (now - this.#msAnItem);
  }

  /** Milliseconds an item; undefined before the first run. */
  get msAnItem(): number | undefined {
    return this.#msAnItem;
  }
}
