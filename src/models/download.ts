import { stat, statfs } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ClipError, throwIfAborted } from "../errors.js";
import { type Checksum, hashFile } from "./checksum.js";
import { type Clock, systemClock } from "./clock.js";
import { makeFolder } from "./folder.js";
import type { Authorization, HttpFetch } from "./http.js";
import { acquireLock, type HeldLock, type LockOptions } from "./lock.js";
import { bytesOnTheWay, PartialFile } from "./partial.js";
import { type OnDownloadProgress, ProgressMeter } from "./progress.js";
import { type SizeRange, type Transfer, transferOnce } from "./transfer.js";
import { FailedTry, type TryPolicy, withTries } from "./tries.js";

/** A file to fetch: what it must hash to, how large it may be, and where it lies, best address first. */
export interface RemoteFile {
  readonly urls: readonly string[];
  readonly checksum: Checksum;
  readonly size: SizeRange;
}

export interface DownloadOptions {
  readonly fetch: HttpFetch;
  readonly authorization?: Authorization | undefined;
  readonly clock?: Clock | undefined;
  /** Tries after the first that may fail in a row without progress; default 5. */
  readonly retries?: number | undefined;
  /** A try in which no byte comes for this long is given up; default 30 s. */
  readonly stallMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnDownloadProgress | undefined;
  /** Told when a try failed and another one follows. */
  readonly onRetry?: TryPolicy["onRetry"];
  readonly lock?: Pick<LockOptions, "heartbeatMs" | "staleMs"> | undefined;
}

/** Bytes that a try must bring for the count of failures to start again; less is a server that trickles. */
const PROGRESS_BYTES = 1 << 20;

/**
 * Fetches a file so that it appears at `target` whole and verified, or not at all. What an earlier or killed process
 * got is gone on from; two processes share the work of one. A file that is there already with the right hash (placed
 * by hand, say) is left as it is, one with another hash is replaced. Resolves to true when bytes were fetched.
 * Errors: `download.network`, `.busy`, `.missing`, `.forbidden`, `.status`, `.redirect`, `.size`, `.range`, `.hash`,
 * `.disk`, `.lock`, and `aborted`.
 */
export async function downloadFile(
  file: RemoteFile,
  target: string,
  options: DownloadOptions,
): Promise<boolean> {
  const { signal, clock = systemClock } = options;
  throwIfAborted(signal);
  try {
    await makeFolder(dirname(target));
    const onWait = async (): Promise<void> => {
      const received = await bytesOnTheWay(target);
      options.onProgress?.({ file: basename(target), received, waiting: true });
    };
    await using lock = await acquireLock(`${target}.lock`, { ...options.lock, clock, signal, onWait });
    if (await isThere(file, target, signal)) return false;
    await fetchInto(file, target, lock, { ...options, clock });
    return true;
  } catch (thrown) {
    throwIfAborted(signal);
    throw thrown instanceof FailedTry ? thrown.error : (diskError(thrown, target) ?? thrown);
  }
}

async function isThere(file: RemoteFile, target: string, signal: AbortSignal | undefined): Promise<boolean> {
  const facts = await stat(target).catch(() => undefined);
  if (!facts?.isFile() || facts.size < file.size.min || facts.size > file.size.max) return false;
  return (await hashFile(target, file.checksum, signal)) === file.checksum.hex;
}

async function fetchInto(
  file: RemoteFile,
  target: string,
  lock: HeldLock,
  options: DownloadOptions & { readonly clock: Clock },
): Promise<void> {
  const signals = options.signal === undefined ? [lock.lost] : [lock.lost, options.signal];
  const signal = AbortSignal.any(signals);
  try {
    await using partial = await PartialFile.open(target, file.checksum, file.size.max, lock, signal);
    await needRoom(target, file.size.min - partial.received);
    await fromAnywhere(file, partial, {
      ...options,
      signal,
      stallMs: options.stallMs ?? 30_000,
      meter: new ProgressMeter(basename(target), options.clock, options.onProgress),
    });
    await partial.publish();
  } catch (error) {
    if (!lock.lost.aborted) throw error;
    const sentence = `Another process took over the download of ${basename(target)} while this one was suspended; run it again.`;
    throw new ClipError("download.lock", sentence, { cause: error });
  }
}

/** Tries the addresses in order until the partial file is whole; raises the first failure that tells most. */
async function fromAnywhere(
  file: RemoteFile,
  partial: PartialFile,
  common: Omit<Transfer, "url" | "size" | "partial"> & Pick<DownloadOptions, "retries" | "onRetry">,
): Promise<void> {
  const failures: FailedTry[] = [];
  for (const url of file.urls) {
    try {
      return await fromOne({ ...common, url, size: file.size, partial }, file.checksum);
    } catch (error) {
      if (!(error instanceof FailedTry)) throw error;
      failures.push(error);
    }
  }
  throw failures.find((failure) => failure.error.code !== "download.missing") ?? failures[0]!;
}

async function fromOne(
  job: Transfer & Pick<DownloadOptions, "retries" | "onRetry">,
  checksum: Checksum,
): Promise<void> {
  const { partial, url, clock, signal, onRetry, retries = 5 } = job;
  let mismatches = 0;
  let before = partial.received;
  const attempt = async (): Promise<void> => {
    before = partial.received;
    // All may be here although the last try failed: a server that promised more than there is, or an earlier process.
    if (before >= job.size.min && partial.isWhole()) return;
    await transferOnce(job);
    if (partial.isWhole()) return;
    const sentence = `Expected ${checksum.kind} ${checksum.hex} but the ${partial.received} bytes from ${url} have ${partial.digest()}`;
    await partial.restart();
    mismatches++;
    throw new FailedTry(new ClipError("download.hash", sentence), mismatches > 1 ? "elsewhere" : "again");
  };
  const madeProgress = (): boolean => partial.received - before >= PROGRESS_BYTES;
  await withTries(attempt, { retries, clock, signal, madeProgress, onRetry });
}

/** Says before the first byte that the disk is too small, where the system tells. */
async function needRoom(target: string, bytes: number): Promise<void> {
  const disk = await statfs(dirname(target)).catch(() => undefined);
  if (disk === undefined || disk.bavail * disk.bsize >= bytes) return;
  const free = disk.bavail * disk.bsize;
  const sentence = `Expected ${bytes} bytes of room in ${dirname(target)} for ${basename(target)} but ${free} are free.`;
  throw new ClipError("download.disk", sentence);
}

/** An error of the file system as one that names the file and, for a full disk, what to do. */
function diskError(thrown: unknown, target: string): ClipError | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || thrown instanceof ClipError) return undefined;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const sentence = full
    ? `The disk is full: make room in ${dirname(target)} and run it again, what has come of ${basename(target)} is kept.`
    : `Expected to write ${target} but the system answered ${code}.`;
  return new ClipError("download.disk", sentence, { cause: thrown });
}
