import { ClipError, throwIfAborted } from "../errors.js";
import type { Clock } from "./clock.js";

/** What one failed try means: the same address may be tried again, or only another address can help. */
export class FailedTry extends Error {
  constructor(
    readonly error: ClipError,
    readonly next: "again" | "elsewhere",
    /** Milliseconds that the server asked us to wait. */
    readonly retryAfterMs = 0,
  ) {
    super(error.message, { cause: error });
  }
}

/** A try that failed and will be made again. */
export interface Retry {
  readonly error: ClipError;
  /** The number of the coming try, and of all until it is given up; progress makes the count begin anew. */
  readonly attempt: number;
  readonly attempts: number;
  readonly waitMs: number;
}

/** What a person reads while it is waited. */
export function retrySentence({ error, attempt, attempts, waitMs }: Retry): string {
  const reason = error.message.replace(/\.$/, "");
  return `${reason}: trying again in ${Math.ceil(waitMs / 1000)} s (attempt ${attempt} of ${attempts}).`;
}

export interface TryPolicy {
  /** Tries after the first that may fail in a row without progress. */
  readonly retries: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** True when the last try moved the work on: the count of failures then starts again. */
  readonly madeProgress?: () => boolean;
  /** Told before each wait. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
}

/** Tries in all, however much progress each makes: at 1 MiB of progress a try this still is 1 GB. */
const MAX_TRIES = 1_000;
/** First pause; each further one doubles. */
const FIRST_PAUSE_MS = 500;
/** Longest pause of our own. */
const MAX_PAUSE_MS = 30_000;
/** Longest pause that a server may ask for: beyond it a person had better be told. */
const MAX_RETRY_AFTER_MS = 120_000;

function pauseAfter(failures: number, random: number): number {
  const full = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return full * (0.5 + random / 2);
}

/**
 * Runs `attempt` until it succeeds, with growing pauses (half of each is chance, so that many clients don't come
 * back at once). A server's Retry-After is obeyed up to two minutes. Raises the last FailedTry, or `aborted`.
 */
export async function withTries<T>(attempt: () => Promise<T>, policy: TryPolicy): Promise<T> {
  let failures = 0;
  for (let tries = 1; ; tries++) {
    throwIfAborted(policy.signal);
    try {
      return await attempt();
    } catch (thrown) {
      throwIfAborted(policy.signal);
      if (!(thrown instanceof FailedTry) || thrown.next !== "again") throw thrown;
      failures = policy.madeProgress?.() ? 1 : failures + 1;
      if (failures > policy.retries || tries >= MAX_TRIES) throw thrown;
      if (thrown.retryAfterMs > MAX_RETRY_AFTER_MS) {
        const seconds = Math.ceil(thrown.retryAfterMs / 1000);
        throw new FailedTry(
          new ClipError("download.busy", `The server asks to come back in ${seconds} s`, {
            cause: thrown.error,
          }),
          "elsewhere",
        );
      }
      const pause = Math.max(thrown.retryAfterMs, pauseAfter(failures, policy.clock.random()));
      const [attempt, attempts] = [failures + 1, policy.retries + 1];
      policy.onRetry?.({ error: thrown.error, attempt, attempts, waitMs: pause });
      await policy.clock.sleep(pause, policy.signal);
    }
  }
}
