import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { ClipError } from "../../errors.js";

/** All keys of Redis begin so. */
export const PREFIX = "zeroclip";
/** The queue's name; one Redis holds the jobs of any number of databases. */
export const QUEUE = "index";

const SCHEME = /^rediss?:\/\//i;
/** Longest wait, ms, for a connection. */
const CONNECT_MS = 5_000;
/** Tries of the first connection. */
const FIRST_TRIES = 3;
/** Tries, some two seconds apart, before a Redis that went away is given up: a machine starts anew in five minutes. */
const MOST_TRIES = 150;
const MOST_PAUSE_MS = 2_000;

/** A connection to Redis, for BullMQ and for us. */
export interface QueueConnection extends AsyncDisposable {
  readonly redis: Redis;
  /** The address without user and password. */
  readonly shown: string;
}

/** The address without user and password. Raises `search.address` where it is none of Redis. */
export function shownQueue(address: string): string {
  const shown = address.replace(/\/\/[^/?#]*@/, "//");
  if (SCHEME.test(address) && URL.canParse(address)) return shown;
  throw new ClipError(
    "search.address",
    `Expected redis://host:port as the address of a queue (rediss:// for TLS) but received ${JSON.stringify(shown)}.`,
  );
}

/** Connects; later interruptions are waited out. Raises `search.address`, and `search.queue` where no Redis answers. */
export async function connectQueue(address: string): Promise<QueueConnection> {
  const shown = shownQueue(address);
  const { Redis } = await import("ioredis");
  let isFirst = true;
  const redis = new Redis(address, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    // BullMQ's workers wait as long as it takes.
    maxRetriesPerRequest: null,
    retryStrategy: (tries) => {
      if (tries >= (isFirst ? FIRST_TRIES : MOST_TRIES)) return null;
      return Math.min(MOST_PAUSE_MS, 100 * 2 ** Math.min(tries, 10));
    },
  });
  let last: Error | undefined;
  // Without a listener the client would print them.
  redis.on("error", (error) => {
    last = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw queueError(last ?? error, shown);
  }
  isFirst = false;
  return {
    redis,
    shown,
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

/** What Redis or BullMQ threw → `search.queue`. */
export function queueError(thrown: unknown, shown: string): ClipError {
  if (thrown instanceof ClipError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const why = message.split("\n", 1)[0]!.replace(/\.$/, "").slice(0, 300) || "no answer";
  return new ClipError("search.queue", `Expected Redis at ${shown} to answer but it did not (${why}).`, {
    cause: thrown,
  });
}

/** The queue of a connection; closing it leaves the connection open. */
export async function openQueue({ redis }: QueueConnection): Promise<Queue> {
  const { Queue } = await import("bullmq");
  const queue = new Queue(QUEUE, { connection: redis, prefix: PREFIX });
  queue.on("error", () => undefined);
  return queue;
}

/** The key of one of the queue's lists. */
export const keyOf = (name: string): string => `${PREFIX}:${QUEUE}:${name}`;
