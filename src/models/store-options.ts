import { ClipError } from "../errors.js";
import { type Clock, systemClock } from "./clock.js";
import type { DownloadOptions } from "./download.js";
import { createFetch, type HttpFetch, type ProxySettings } from "./http.js";

/** What pulling takes. The caller reads the environment; empty strings count as absent. */
export interface PullOptions
  extends Pick<
    DownloadOptions,
    "clock" | "retries" | "stallMs" | "signal" | "onProgress" | "onRetry" | "lock"
  > {
  /** Folder of zeroclip's own (ZEROCLIP_HOME); models lie under `models/` and `hub/`. */
  readonly home: string;
  /** Never touch the network (`--offline`, ZEROCLIP_OFFLINE). */
  readonly offline?: boolean | undefined;
  /** Serves `<sha256>/<file>` or `<file>` in place of OpenAI's address (ZEROCLIP_MIRROR). */
  readonly mirror?: string | undefined;
  /** Serves Hugging Face's API and files (HF_ENDPOINT); default `https://huggingface.co`. */
  readonly hubEndpoint?: string | undefined;
  /** Sent to the hub's own origin only (HF_TOKEN). */
  readonly hubToken?: string | undefined;
  readonly proxy?: ProxySettings | undefined;
  /** In place of the library's own fetch; `proxy` is then without effect. */
  readonly fetch?: HttpFetch | undefined;
}

/** A model on this machine. */
export interface StoredModel {
  readonly name: string;
  readonly kind: "registry" | "hub";
  /** The file or folder that opens it. */
  readonly path: string;
  readonly bytes: number;
  /** Registry models: the hash of the file. */
  readonly sha256?: string;
  /** Hub models: the commit, 40 hex digits. */
  readonly revision?: string;
  /** Hub models: as their card names it, where it does. */
  readonly license?: string;
  /** ISO 8601; absent where the file has not been hashed since it was put there. */
  readonly verifiedAt?: string;
}

/** One file's hash against what it should be. `actual` is absent where there is no such file. */
export interface FileCheck {
  readonly path: string;
  readonly expected: string;
  readonly actual?: string;
  readonly ok: boolean;
}

/** What the downloading rooms take, made of the caller's options with a fetch to be closed. */
export interface Network extends AsyncDisposable {
  readonly clock: Clock;
  readonly transfer: DownloadOptions;
}

/** Opens the network as the options say. Errors: `usage.proxy`. */
export function openNetwork(options: PullOptions): Network {
  const own = options.fetch === undefined ? createFetch(options.proxy) : undefined;
  const fetch = options.fetch ?? own!.fetch;
  const { clock = systemClock, retries, stallMs, signal, onProgress, onRetry, lock } = options;
  return {
    clock,
    transfer: { fetch, clock, retries, stallMs, signal, onProgress, onRetry, lock },
    async [Symbol.asyncDispose]() {
      await own?.[Symbol.asyncDispose]();
    },
  };
}

/** An address of the caller's without its last slash, or the default. Errors: `usage.address`. */
export function httpAddress(
  what: string,
  given: string | undefined,
  fallback: string | undefined,
): string | undefined {
  if (given === undefined || given === "") return fallback;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new ClipError(
      "usage.address",
      `Expected an http(s) address for the ${what} but received "${given}".`,
    );
  }
  return given.replace(/\/+$/, "");
}
