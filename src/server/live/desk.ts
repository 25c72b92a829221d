import { Pace } from "../queue/pace.js";

/** A stream at a desk. */
export interface Seat<F> {
  /** Answers a frame; never rejects. */
  run(frame: F): Promise<void>;
  /** A newer frame came, or this one waited too long. */
  dropped(frame: F): void;
}

interface Place<F> {
  readonly seat: Seat<F>;
  frame: F | undefined;
  /** Order of its last turn. */
  served: number;
}

/** How long a frame may wait, in runs and a little: as long as `fresh` turns count, then the newest does, and above `most` none. */
const WAIT = { fresh: 0.5, most: 1.5, ms: 10 } as const;

/** Whose frames come at a bad moment each time has a turn all the same after so many of each stream. */
const MOST_TURNS = 4;

/**
 * Where the streams of a model take turns. One frame is computed at a time and each stream has its newest one waiting, so that
 * more streams get fewer frames each but none an older answer.
 */
export class Desk<F extends { readonly arrived: number }> {
  readonly #places = new Map<Seat<F>, Place<F>>();
  readonly #clock: () => number;
  readonly #pace = new Pace();
  #running = false;
  #turn = 0;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#places.size;
  }

  join(seat: Seat<F>): void {
    this.#places.set(seat, { seat, frame: undefined, served: this.#turn });
  }

  leave(seat: Seat<F>): void {
    this.#places.delete(seat);
  }

  /** The stream's newest frame; the one that waited is dropped. */
  offer(seat: Seat<F>, frame: F): void {
    const place = this.#places.get(seat);
    if (!place) {
      seat.dropped(frame);
      return;
    }
    const older = place.frame;
    place.frame = frame;
    if (older) seat.dropped(older);
    this.#pump();
  }

  #pump(): void {
    if (this.#running) return;
    const next = this.#next();
    if (!next?.frame) return;
    const { seat, frame } = next;
    next.frame = undefined;
    next.served = ++this.#turn;
    this.#running = true;
    const began = this.#clock();
    void seat.run(frame).then(() => {
      this.#running = false;
      this.#pace.ran(1, this.#clock() - began);
      this.#pump();
    });
  }

  /** Of those that have just come the one whose turn is longest ago; of others the one that came last. */
  #next(): Place<F> | undefined {
    const now = this.#clock();
    const run = this.#pace.msAnItem ?? Number.POSITIVE_INFINITY;
    let next: { readonly place: Place<F>; readonly rank: number; readonly order: number } | undefined;
    for (const place of this.#places.values()) {
      const { frame, seat, served } = place;
      if (!frame) continue;
      const age = now - frame.arrived;
      // Of one stream alone what waits is the newest there is.
      if (this.#places.size > 1 && age > WAIT.most * run + WAIT.ms) {
        place.frame = undefined;
        seat.dropped(frame);
        continue;
      }
      const forgotten = this.#turn - served > MOST_TURNS * this.#places.size;
      const rank = forgotten ? 0 : age <= WAIT.fresh * run + WAIT.ms ? 1 : 2;
      const order = rank === 2 ? age : served;
      if (!next || rank < next.rank || (rank === next.rank && order < next.order))
        next = { place, rank, order };
    }
    return next?.place;
  }
}
