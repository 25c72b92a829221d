import { ClipError } from "../errors.js";
import type { Clock } from "./clock.js";
import { type Authorization, get, type HttpFetch, networkFailure } from "./http.js";
import type { HubFile } from "./hub-files.js";
import type { HubModel } from "./names.js";
import { FailedTry, type TryPolicy, withTries } from "./tries.js";

/** How to reach a hub. */
export interface HubAccess {
  /** `https://huggingface.co` or a mirror, without a slash at the end. */
  readonly endpoint: string;
  readonly authorization?: Authorization | undefined;
  readonly fetch: HttpFetch;
  readonly clock: Clock;
  readonly retries: number;
  /** A question that takes longer than this is asked again. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: TryPolicy["onRetry"];
}

/** A repository at one commit. */
export interface HubListing {
  /** The commit, 40 hex digits. */
  readonly sha: string;
  readonly files: readonly HubFile[];
  /** As the model's card names it (`mit`, `apache-2.0`, …); absent where it names none. */
  readonly license?: string;
}

/** Longest answer read; the listing of a model with a thousand files is below 1 MB. */
const MAX_ANSWER_BYTES = 8 << 20;
/** Most files listed; a page of the API holds 1,000, and what makes a CLIP is fewer than 20. */
const MAX_LISTED = 10_000;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const isHex = (value: unknown, digits: number): value is string =>
  typeof value === "string" && value.length === digits && /^[0-9a-f]+$/.test(value);

async function readJson(url: string, access: HubAccess): Promise<unknown> {
  const timeout = AbortSignal.timeout(access.timeoutMs);
  const signal = access.signal === undefined ? timeout : AbortSignal.any([access.signal, timeout]);
  try {
    const { fetch, authorization } = access;
    const answer = await get(url, { fetch, authorization, signal, now: access.clock.now() });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw unexpected(url, `more than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw unexpected(url, "something else than JSON");
    if (timeout.aborted) {
      const sentence = `No answer came for ${access.timeoutMs / 1000} s from ${url}`;
      throw new FailedTry(new ClipError("download.network", sentence), "again");
    }
    throw networkFailure(error, url) ?? error;
  }
}

function unexpected(url: string, received: string): FailedTry {
  return new FailedTry(
    new ClipError("download.answer", `Expected the listing of a model from ${url} but received ${received}`),
    "again",
  );
}

/** `{ size, blobId | oid, lfs: { sha256 | oid, size } }` of the API → size and hash: LFS files by SHA-256, others by blob id. */
function fileFacts(path: string, entry: Json): HubFile {
  const lfs = isObject(entry.lfs) ? entry.lfs : undefined;
  const size = lfs?.size ?? entry.size;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return { path };
  const sha256 = lfs?.sha256 ?? lfs?.oid;
  const blob = entry.blobId ?? entry.oid;
  if (isHex(sha256, 64)) return { path, size, checksum: { kind: "sha256", hex: sha256 } };
  if (lfs === undefined && isHex(blob, 40)) {
    return { path, size, checksum: { kind: "git-sha1", hex: blob, size } };
  }
  return { path, size };
}

function listed(entries: unknown, key: "rfilename" | "path", url: string): HubFile[] {
  if (!Array.isArray(entries) || entries.length > MAX_LISTED) throw unexpected(url, "no list of files");
  return entries.flatMap((entry: unknown) => {
    const path = isObject(entry) ? entry[key] : undefined;
    return isObject(entry) && typeof path === "string" ? [fileFacts(path, entry)] : [];
  });
}

/** Longest name of a licence kept; the hub's identifiers have fewer than 40 characters. */
const MAX_LICENSE = 80;

/** `cardData.license` of the API: a text, or a list where a card names several. */
function licenseOf({ cardData }: Json): { license?: string } {
  const named = isObject(cardData) ? cardData.license : undefined;
  const license = [named].flat().filter((name) => typeof name === "string");
  return license.length > 0 ? { license: license.join(", ").slice(0, MAX_LICENSE) } : {};
}

/**
 * The commit and the files of a repository, with sizes and hashes: one request, or two where a mirror's first answer
 * has no hashes. Errors: `download.missing`, `.forbidden`, `.answer`, `.network`, `.busy`, …; `aborted`.
 */
export async function listHub(model: HubModel, access: HubAccess): Promise<HubListing> {
  const base = `${access.endpoint}/api/models/${model.id}`;
  const ask = <T>(url: string, read: (answer: unknown) => T): Promise<T> =>
    withTries(async () => read(await readJson(url, access)), access);
  try {
    const url = `${base}/revision/${encodeURIComponent(model.revision ?? "main")}?blobs=true`;
    const listing = await ask(url, (answer) => {
      if (!isObject(answer) || !isHex(answer.sha, 40)) throw unexpected(url, "no commit");
      const files = listed(answer.siblings, "rfilename", url);
      return { sha: answer.sha, files, ...licenseOf(answer) };
    });
    if (listing.files.some((file) => file.checksum !== undefined)) return listing;
    const tree = `${base}/tree/${listing.sha}?recursive=true`;
    return { ...listing, files: await ask(tree, (answer) => listed(answer, "path", tree)) };
  } catch (error) {
    throw error instanceof FailedTry ? explain(model, access, error.error) : error;
  }
}

/** What a person can do where the hub can't be reached. */
export function otherWays(model: HubModel, endpoint: string): string {
  return `try again, name a mirror (HF_ENDPOINT), or download the repository's files from ${endpoint}/${model.id} by hand and give their folder in place of the name; with --offline or ZEROCLIP_OFFLINE=1 nothing is asked of the network`;
}

/** The hub's refusals in words that help; it answers 401 also for what does not exist. */
function explain(model: HubModel, access: HubAccess, error: ClipError): ClipError {
  const revision = model.revision === undefined ? "" : ` at revision ${model.revision}`;
  const host = new URL(access.endpoint).host;
  const options = { cause: error };
  if (error.code === "download.missing") {
    return new ClipError(
      error.code,
      `Expected a model ${model.id}${revision} on ${host} but there is none.`,
      options,
    );
  }
  if (error.code !== "download.forbidden") {
    const reason = `Could not ask ${host} for ${model.id}${revision}: ${error.message.replace(/\.$/, "")}`;
    return new ClipError(error.code, `${reason}; ${otherWays(model, access.endpoint)}.`, options);
  }
  const token = access.authorization === undefined ? "no token was given" : "the token given may not read it";
  const sentence = `Expected ${model.id}${revision} to be readable on ${host} but it is private, gated or does not exist, and ${token} (HF_TOKEN).`;
  return new ClipError(error.code, sentence, options);
}
