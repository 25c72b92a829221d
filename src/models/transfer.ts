import { ClipError } from "../errors.js";
import type { Clock } from "./clock.js";
import { type Authorization, get, type HttpAnswer, type HttpFetch, networkFailure } from "./http.js";
import type { PartialFile } from "./partial.js";
import type { ProgressMeter } from "./progress.js";
import { FailedTry } from "./tries.js";

/** Bytes that a file may have; equal where its size is known exactly. */
export interface SizeRange {
  readonly min: number;
  readonly max: number;
}

export interface Transfer {
  readonly url: string;
  readonly size: SizeRange;
  readonly partial: PartialFile;
  readonly fetch: HttpFetch;
  readonly authorization?: Authorization | undefined;
  readonly clock: Clock;
  readonly stallMs: number;
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  /** Strong validator of the bytes that the partial file holds, where this process has seen one. */
  etag?: string | undefined;
}

const again = (code: "download.size" | "download.range" | "download.network", message: string): FailedTry =>
  new FailedTry(new ClipError(code, message), "again");

/** The strong validator of an answer; weak ones don't promise equal bytes (RFC 9110, 8.8.1). */
function strongEtag(answer: HttpAnswer): string | undefined {
  const etag = answer.headers.get("etag");
  return etag === null || etag.startsWith("W/") ? undefined : etag;
}

function rangeHeaders(job: Transfer): Record<string, string> {
  if (job.partial.received === 0) return {};
  const range = { range: `bytes=${job.partial.received}-` };
  return job.etag === undefined ? range : { ...range, "if-range": job.etag };
}

/**
 * Makes the partial file fit the answer, and tells the size of the whole where the server does: an answer of 206 must
 * go on exactly where we are and be of the same version; a 200 begins anew; anything else throws the bytes away.
 */
async function takeUp(job: Transfer, answer: HttpAnswer): Promise<number | undefined> {
  const { partial } = job;
  const encoded = !["identity", ""].includes(answer.headers.get("content-encoding") ?? "");
  const lengthHeader = answer.headers.get("content-length") ?? "";
  const length = encoded || !/^\d{1,15}$/.test(lengthHeader) ? undefined : Number(lengthHeader);
  if (answer.status === 200) {
    if (partial.received > 0) await partial.restart();
    return length;
  }
  const asked = partial.received;
  const received = answer.headers.get("content-range") ?? "none";
  const [, start, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/i.exec(received) ?? [];
  const etag = strongEtag(answer);
  const otherVersion = job.etag !== undefined && etag !== undefined && etag !== job.etag;
  if (answer.status !== 206 || encoded || otherVersion || Number(start ?? Number.NaN) !== asked) {
    await partial.restart();
    const what = otherVersion ? "a changed file" : `status ${answer.status}, range ${received}`;
    throw again("download.range", `Expected the bytes from ${asked} on but received ${what} from ${job.url}`);
  }
  return total === "*" || total === undefined ? undefined : Number(total);
}

/** One request: appends what comes to the partial file. Returns when the server says that it is done. */
async function receive(job: Transfer, signal: AbortSignal, alive: () => void): Promise<void> {
  const { partial, size, url } = job;
  const answer = await get(url, {
    fetch: job.fetch,
    signal,
    headers: rangeHeaders(job),
    authorization: job.authorization,
    now: job.clock.now(),
  });
  alive();
  const total = await takeUp(job, answer);
  if (total !== undefined && (total < size.min || total > size.max)) {
    await partial.restart();
    throw again("download.size", `Expected ${spell(size)} but the server offers ${total} bytes at ${url}`);
  }
  job.etag = strongEtag(answer) ?? (answer.status === 206 ? job.etag : undefined);
  const whole = size.min === size.max ? size.max : total;
  job.meter.report(partial.received, whole, true);
  for await (const chunk of answer.body ?? []) {
    alive();
    if (partial.received + chunk.length > size.max) {
      await partial.restart();
      throw again("download.size", `Expected ${spell(size)} but the server sends more at ${url}`);
    }
    await partial.append(chunk);
    job.meter.report(partial.received, whole);
  }
  const least = Math.max(size.min, total ?? 0);
  if (partial.received < least && !partial.isWhole()) {
    throw again("download.network", `Expected ${least} bytes but ${url} ended after ${partial.received}`);
  }
  job.meter.report(partial.received, partial.received, true);
}

function spell({ min, max }: SizeRange): string {
  return min === max ? `${max} bytes` : `${min} to ${max} bytes`;
}

/**
 * One try: asks for what is missing and appends it, giving up when no byte comes for `stallMs`. Anything that the
 * network or the server did wrong becomes a FailedTry; errors of the disk pass as they are.
 */
export async function transferOnce(job: Transfer): Promise<void> {
  const stalled = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), job.stallMs);
  };
  alive();
  try {
    await receive(job, AbortSignal.any([job.signal, stalled.signal]), alive);
  } catch (error) {
    if (stalled.signal.aborted) {
      throw again("download.network", `No byte came for ${job.stallMs / 1000} s from ${job.url}`);
    }
    throw networkFailure(error, job.url) ?? error;
  } finally {
    clearTimeout(timer);
  }
}
