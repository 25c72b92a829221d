/** What the queue has to know of a thing that waits. */
export interface Waiting {
  /** Whose it is: each client has its turn. */
  readonly client: string;
  readonly priority: Priority;
  /** Only things of one kind are taken together. */
  readonly kind: string;
}

export type Priority = "interactive" | "bulk";

/** Of so many turns one is for bulk work where both wait, so that it is never starved. */
const BULK_EVERY = 4;

/** First in, first out for each client; clients take turns; interactive work goes first, three turns of four. */
export class FairQueue<T extends Waiting> {
  /** By priority: clients in the order of their turns, each with what it waits for. */
  readonly #lines: Readonly<Record<Priority, Map<string, T[]>>> = { interactive: new Map(), bulk: new Map() };
  #size = 0;
  #turn = 0;

  get size(): number {
    return this.#size;
  }

  /** How many of a client wait, of both priorities. */
  of(client: string): number {
    const { interactive, bulk } = this.#lines;
    return (interactive.get(client)?.length ?? 0) + (bulk.get(client)?.length ?? 0);
  }

  /** Clients that wait. */
  get clients(): number {
    return new Set([...this.#lines.interactive.keys(), ...this.#lines.bulk.keys()]).size;
  }

  push(item: T): void {
    const line = this.#lines[item.priority];
    const own = line.get(item.client);
    if (own) own.push(item);
    else line.set(item.client, [item]);
    this.#size += 1;
  }

  /** Takes away what nobody waits for any more. */
  remove(gone: (item: T) => boolean): void {
    for (const line of Object.values(this.#lines)) {
      for (const [client, items] of line) {
        const left = items.filter((item) => !gone(item));
        this.#size -= items.length - left.length;
        if (left.length === 0) line.delete(client);
        else if (left.length < items.length) line.set(client, left);
      }
    }
  }

  /** Up to `most` of one kind, in the order of turns. */
  take(most: number): T[] {
    const taken: T[] = [];
    let kind: string | undefined;
    while (taken.length < most) {
      const next = this.#next(kind);
      if (next === undefined) break;
      kind = next.kind;
      taken.push(next);
    }
    return taken;
  }

  /** The next turn's first thing of the kind (of any, where none is given). */
  #next(kind: string | undefined): T | undefined {
    this.#turn += 1;
    const { interactive, bulk } = this.#lines;
    const lines = this.#turn % BULK_EVERY === 0 ? [bulk, interactive] : [interactive, bulk];
    for (const line of lines) {
      for (const [client, items] of line) {
        const first = items[0]!;
        if (kind !== undefined && first.kind !== kind) continue;
        items.shift();
        this.#size -= 1;
        // To the end of the line: the next client's turn.
        line.delete(client);
        if (items.length > 0) line.set(client, items);
        return first;
      }
    }
    return undefined;
  }
}
