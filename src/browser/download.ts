import type { LoadProgress } from "../encoder.js";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import { forget, isKept, keep, readKept } from "./kept.js";
import { sha256 as hashOf } from "./sha256.js";

/** WebAssembly's memory ends at 4 GiB, and a model has to lie in it beside its activations. */
export const MOST_FILE = 2 ** 31 - 1;

/** A file of a model, and what it has to be. */
export interface WantedFile {
  readonly folder: string;
  readonly address: string;
  readonly sha256: string;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** False: nothing is kept in the browser. */
  readonly keep: boolean;
}

function isElsewhere(address: string): boolean {
  const { location } = globalThis;
  return location !== undefined && new URL(address, location.href).origin !== location.origin;
}

/** An address → its bytes, at most so many, told as they come. Raises `download.*`, `aborted`. */
export async function fetchBytes(
  address: string,
  most: number,
  options: Pick<DownloadOptions, "signal" | "onProgress"> & { readonly redirect?: RequestRedirect } = {},
): Promise<Uint8Array> {
  const { signal, onProgress, redirect = "follow" } = options;
  const file = address.slice(address.lastIndexOf("/") + 1);
  const offline = (error: unknown): ClipError => {
    throwIfAborted(signal);
    // A browser tells nobody whether it was the network or the other site's rules.
    const rules = isElsewhere(address) ? " (another site has to allow this page: CORS)" : "";
    return new ClipError(
      "download.network",
      `Expected ${address} but it can't be reached${rules}: ${asClipError(error, "download.network").message}.`,
      { cause: error },
    );
  };
  const request: RequestInit = { credentials: "same-origin", redirect, ...(signal ? { signal } : {}) };
  const response = await fetch(address, request).catch((error: unknown) => {
    throw offline(error);
  });
  if (!response.ok) {
    throw new ClipError(
      response.status === 404 ? "download.missing" : "download.status",
      `Expected ${address} but the server answers ${response.status}.`,
    );
  }
  // Of a packed body the length says how much of it is on its way, not how much comes out.
  const packed = response.headers.has("content-encoding");
  const said = Number(response.headers.get("content-length"));
  const total = packed || !(said > 0) ? undefined : said;
  if (total !== undefined && total > most) throw tooMuch(address, most, total);
  const parts: Uint8Array[] = [];
  let done = 0;
  const told = (): void =>
    onProgress?.({ stage: "download", file, done, ...(total === undefined ? {} : { total }) });
  told();
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read().catch((error: unknown) => {
      throw offline(error);
    });
    if (!part || part.done) break;
    done += part.value.length;
    if (done > most) {
      await reader?.cancel().catch(() => undefined);
      throw tooMuch(address, most, done);
    }
    parts.push(part.value);
    told();
  }
  if (total !== undefined && done !== total)
    throw new ClipError("download.size", `Expected ${total} bytes of ${address} but ${done} came.`);
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const whole = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tooMuch(address: string, most: number, found: number): ClipError {
  return new ClipError(
    "download.size",
    `Expected at most ${most} bytes of ${address} but it has ${found} or more.`,
  );
}

/** One tab at a time where tabs can agree on it: those that wait find what the first one kept. */
async function alone<T>(sha256: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const { locks } = globalThis.navigator;
  if (locks === undefined) return work();
  try {
    return await locks.request(`zeroclip ${sha256}`, signal ? { signal } : {}, work);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}

/** A file whose bytes are as they should be: kept by this browser, else downloaded, and kept. Raises `download.*`, `aborted`. */
export async function verifiedBytes(file: WantedFile, options: DownloadOptions): Promise<Uint8Array> {
  const { address, sha256 } = file;
  const { signal } = options;
  if (!options.keep) return checked(file, await fetchBytes(address, MOST_FILE, options));
  return alone(sha256, signal, async () => {
    const kept = await readKept(sha256);
    if (kept) {
      if ((await hashOf(kept)) === sha256) return kept;
      await forget(sha256);
    }
    const bytes = await checked(file, await fetchBytes(address, MOST_FILE, options));
    await keep(bytes, sha256, file);
    return bytes;
  });
}

/** The same where only its being there is wanted: true where the browser keeps it now. */
export async function makeKept(file: WantedFile, options: DownloadOptions): Promise<boolean> {
  if (!options.keep) return false;
  if (await isKept(file.sha256)) return true;
  await verifiedBytes(file, options);
  return isKept(file.sha256);
}

async function checked({ address, sha256 }: WantedFile, bytes: Uint8Array): Promise<Uint8Array> {
  const found = await hashOf(bytes);
  if (found === sha256) return bytes;
  throw new ClipError(
    "download.hash",
    `Expected ${address} to have the SHA-256 ${sha256} but it has ${found}; nothing of it is used.`,
  );
}
