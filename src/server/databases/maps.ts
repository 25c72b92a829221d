import { setTimeout as wait } from "node:timers/promises";
import { ClipError } from "../../errors.js";
import { sample } from "../../math/random.js";
import { clusterStore } from "../../search/assets/clusters.js";
import { layOut } from "../../search/assets/layout.js";
import { labelSet } from "../../zeroshot/label-sets.js";
import type { ModelPool } from "../models.js";
import type { PictureMap } from "../wire/assets.js";
import type { Database } from "./database.js";

/** Points of a map: as many as a page draws smoothly. */
const MOST_POINTS = 100_000;
/** Rows of a map: their ids and paths are in memory while it is made, some 250 bytes each. */
const MOST_ROWS = 2_000_000;
/** A map that was finished this long ago, ms, is given though the database went on: else one that is written to has none. */
const STILL_GOOD_MS = 60_000;
/** A map that nobody has asked for for so long, ms, is given up while it is made: who waits for one asks every second. */
const GIVEN_UP_MS = 30_000;
/** A request for a small database waits so long, ms, for the map itself. */
const PATIENCE_MS = 1_000;
/** Digits of a place: a tenth of a pixel of a large screen. */
const PLACES = 1e5;

/** Shares of the whole that the steps take, for what is told of the progress. */
const SHARES = { choose: 0.1, centre: 0.2, refine: 0.35, assign: 0.5, umap: 0.5, place: 0.9 } as const;

interface Job {
  readonly state: string;
  done: number;
  ended?: number;
  /** Begins anew with each request. */
  readonly lease: NodeJS.Timeout;
  readonly map: Promise<PictureMap>;
}

async function make(
  db: Database,
  pool: ModelPool,
  signal: AbortSignal,
  told: (done: number) => void,
): Promise<PictureMap> {
  const rows = await db.store.count();
  if (rows > MOST_ROWS)
    throw new ClipError(
      "search.options",
      `Expected at most ${MOST_ROWS} pictures for a map but the database has ${rows}.`,
    );
  const labels = await pool.use(db.model, ({ clip }) =>
    clip.zeroShotWeights(labelSet("everyday").labels, undefined, { signal }),
  );
  told(0.05);
  const clustering = await clusterStore(db.store, {
    labels,
    signal,
    onProgress: ({ step, done, total }) => told(SHARES[step] + (total ? (0.15 * done) / total : 0)),
  });
  const { x, y } = await layOut(db.store, clustering, {
    signal,
    onProgress: ({ step, done, total }) =>
      told(SHARES[step] + ((step === "umap" ? 0.4 : 0.1) * done) / total),
  });
  const { ids, assigned, clusters } = clustering;
  const all = ids.map((_, i) => i);
  const shown = ids.length > MOST_POINTS ? sample(all, MOST_POINTS, 1) : all;
  const rounded = (value: number): number => Math.round(value * PLACES) / PLACES;
  return {
    state: "done",
    rows: ids.length,
    sampled: shown.length < ids.length,
    points: {
      id: shown.map((i) => ids[i]!),
      x: shown.map((i) => rounded(x[i]!)),
      y: shown.map((i) => rounded(y[i]!)),
      cluster: shown.map((i) => assigned[i]!),
    },
    clusters: clusters.map(({ name, size }) => ({ name, count: size })),
  };
}

/** Maps of databases, each made once for a state of its database, one at a time. */
export class Maps {
  readonly #pool: ModelPool;
  readonly #signal: AbortSignal;
  readonly #givenUpMs: number;
  readonly #jobs = new Map<string, Job>();

  /** `signal`: the server ends. `givenUpMs`: for tests. */
  constructor(pool: ModelPool, signal: AbortSignal, givenUpMs = GIVEN_UP_MS) {
    this.#pool = pool;
    this.#signal = signal;
    this.#givenUpMs = givenUpMs;
  }

  /** The map, or how far it is, a share. Raises what making it raised; the next call tries again. */
  async of(db: Database): Promise<PictureMap | number> {
    const state = await db.store.state();
    let job = this.#jobs.get(db.name);
    const isGood =
      job && (job.state === state || (job.ended ?? Number.POSITIVE_INFINITY) > Date.now() - STILL_GOOD_MS);
    if (!job || !isGood) {
      job = this.#begin(db, state);
      this.#jobs.set(db.name, job);
    } else if (job.ended === undefined) job.lease.refresh();
    const { map } = job;
    return (await Promise.race([map, wait(PATIENCE_MS, undefined, { ref: false })])) ?? job.done;
  }

  #begin(db: Database, state: string): Job {
    const unwanted = new AbortController();
    const job: { -readonly [K in keyof Job]: Job[K] } = {
      state,
      done: 0,
      lease: setTimeout(() => {
        forget();
        unwanted.abort();
      }, this.#givenUpMs).unref(),
      map: undefined as never,
    };
    const forget = (): void => {
      if (this.#jobs.get(db.name) === job) this.#jobs.delete(db.name);
    };
    job.map = make(db, this.#pool, AbortSignal.any([this.#signal, unwanted.signal]), (done) => {
      job.done = Math.min(0.99, Math.max(job.done, done));
    });
    job.map
      .then(() => {
        job.ended = Date.now();
      }, forget)
      .finally(() => clearTimeout(job.lease));
    return job;
  }
}
