import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClipError } from "../errors.js";
import { publishFolder, writeFileAtomic } from "./atomic.js";
import { type Checksum, hashFile } from "./checksum.js";
import { downloadFile } from "./download.js";
import { type HubAccess, listHub, otherWays } from "./hub-api.js";
import { chooseFiles, type HubFile } from "./hub-files.js";
import { acquireLock } from "./lock.js";
import type { HubModel } from "./names.js";
import {
  type FileCheck,
  httpAddress,
  openNetwork,
  type PullOptions,
  type StoredModel,
} from "./store-options.js";

/** Written into a revision's folder before it appears: what it holds. */
interface HubRecord {
  readonly id: string;
  readonly sha: string;
  readonly verifiedAt: string;
  readonly license?: string;
  readonly files: readonly { readonly path: string; readonly size: number; readonly checksum: Checksum }[];
}

const HUB = "https://huggingface.co";
const RECORD = ".zeroclip.json";
const COMMIT = /^[0-9a-f]{40}$/;

/** `<home>/hub/<owner>--<name>`: one folder a commit, and `refs.json` (branch or tag → the commit pulled last). */
function hubFolder(model: HubModel, home: string): string {
  return join(home, "hub", model.id.replace("/", "--"));
}

async function readJsonFile(path: string): Promise<unknown> {
  return readFile(path, "utf8")
    .then(JSON.parse, () => undefined)
    .catch(() => undefined);
}

async function readRefs(folder: string): Promise<Map<string, string>> {
  const refs = await readJsonFile(join(folder, "refs.json"));
  if (typeof refs !== "object" || refs === null) return new Map();
  return new Map(Object.entries(refs).filter(([, sha]) => typeof sha === "string" && COMMIT.test(sha)));
}

async function readRecord(folder: string): Promise<HubRecord | undefined> {
  const record = (await readJsonFile(join(folder, RECORD))) as HubRecord | undefined;
  return Array.isArray(record?.files) && typeof record.id === "string" ? record : undefined;
}

/** The model in a commit's folder, where every file has its size; undefined otherwise. */
async function lookAtFolder(folder: string): Promise<StoredModel | undefined> {
  const record = await readRecord(folder);
  if (record === undefined) return undefined;
  let bytes = 0;
  for (const file of record.files) {
    const facts = await stat(join(folder, file.path)).catch(() => undefined);
    if (facts?.size !== file.size) return undefined;
    bytes += file.size;
  }
  const { id: name, sha: revision, verifiedAt, license } = record;
  const stated = typeof license === "string" ? { license } : {};
  return { name, kind: "hub", path: folder, bytes, revision, verifiedAt, ...stated };
}

/** The commit that a name means on this machine. */
async function commitOf(model: HubModel, home: string): Promise<string | undefined> {
  const wanted = model.revision ?? "main";
  return COMMIT.test(wanted) ? wanted : (await readRefs(hubFolder(model, home))).get(wanted);
}

/** The model as it was pulled last, without network; undefined where it was not, or where files are missing. */
export async function findHub(model: HubModel, home: string): Promise<StoredModel | undefined> {
  const sha = await commitOf(model, home);
  return sha === undefined ? undefined : lookAtFolder(join(hubFolder(model, home), sha));
}

/** Pulls the files that the model needs at the commit that the revision means now. Errors: see `listHub`, `downloadFile`. */
export async function pullHub(model: HubModel, options: PullOptions): Promise<StoredModel> {
  const endpoint = httpAddress("hub (HF_ENDPOINT)", options.hubEndpoint, HUB) ?? HUB;
  await using network = openNetwork(options);
  const token = options.hubToken;
  const authorization =
    token === undefined || token === ""
      ? undefined
      : { origin: new URL(endpoint).origin, value: `Bearer ${token}` };
  const { clock, transfer } = network;
  const { fetch, signal, onRetry, retries = 5, stallMs: timeoutMs = 30_000 } = transfer;
  const access = { endpoint, authorization, fetch, clock, retries, timeoutMs, signal, onRetry };
  const { sha, files, license } = await listHub(model, access);
  const repository = hubFolder(model, options.home);
  const folder = join(repository, sha);
  const onWait = (): void => options.onProgress?.({ file: model.id, received: 0, waiting: true });
  const lockOptions = { ...options.lock, clock, signal, onWait };
  await using _lock = await acquireLock(join(repository, `${sha}.lock`), lockOptions);
  if ((await lookAtFolder(folder)) === undefined) {
    const base = `${endpoint}/${model.id}/resolve/${sha}`;
    await fetchFolder(
      model,
      { sha, verifiedAt: new Date(clock.now()).toISOString(), ...(license === undefined ? {} : { license }) },
      chooseFiles(model.id, files),
      folder,
      async (file, target) => {
        const urls = [`${base}/${file.path}`];
        const size = { min: file.size, max: file.size };
        await downloadFile({ urls, size, checksum: file.checksum }, target, {
          ...transfer,
          authorization,
        }).catch((error: unknown) => explain(error, model, access, file.path));
      },
    );
  }
  const refs = (await readRefs(repository)).set(model.revision ?? "main", sha);
  await writeFileAtomic(
    join(repository, "refs.json"),
    `${JSON.stringify(Object.fromEntries(refs), null, 2)}\n`,
  );
  const pulled = await lookAtFolder(folder);
  if (pulled === undefined)
    throw new ClipError("model.damaged", `Expected a whole model in ${folder} after its download.`);
  return pulled;
}

/** Fills `<commit>.incoming` (going on with what an earlier try left) and gives it its name when it is whole. */
async function fetchFolder(
  model: HubModel,
  facts: Omit<HubRecord, "id" | "files">,
  chosen: readonly HubFile[],
  folder: string,
  fetchFile: (file: HubRecord["files"][number], target: string) => Promise<void>,
): Promise<void> {
  const incoming = `${folder}.incoming`;
  // A folder under the final name that lacks files goes back: what is right in it need not come again.
  await rename(folder, incoming).catch(() => rm(folder, { recursive: true, force: true }));
  const files: HubRecord["files"][number][] = [];
  for (const { path, size, checksum } of chosen) {
    if (size === undefined || checksum === undefined) {
      throw new ClipError(
        "download.answer",
        `Expected the size and hash of ${path} in the listing of ${model.id} but it has none.`,
      );
    }
    files.push({ path, size, checksum });
    await fetchFile({ path, size, checksum }, join(incoming, path));
  }
  const record: HubRecord = { id: model.id, ...facts, files };
  // The lock is ours: an unfinished record is a killed process's.
  for (const name of await readdir(incoming)) {
    if (name.startsWith(`${RECORD}.`)) await rm(join(incoming, name), { force: true });
  }
  await writeFileAtomic(join(incoming, RECORD), `${JSON.stringify(record, null, 2)}\n`);
  await publishFolder(incoming, folder);
}

function explain(error: unknown, model: HubModel, access: HubAccess, path: string): never {
  if (!(error instanceof ClipError) || !/^download\.(?!disk|lock)/.test(error.code)) throw error;
  const reason = error.message.replace(/\.$/, "");
  const sentence = `Could not download ${path} of ${model.id}: ${reason}; ${otherWays(model, access.endpoint)}.`;
  throw new ClipError(error.code, sentence, { cause: error });
}

/** Hashes every file of the model as it was pulled last; empty where it was not. */
export async function checkHub(model: HubModel, home: string, signal?: AbortSignal): Promise<FileCheck[]> {
  const sha = await commitOf(model, home);
  if (sha === undefined) return [];
  const folder = join(hubFolder(model, home), sha);
  const checks: FileCheck[] = [];
  for (const { path, checksum } of (await readRecord(folder))?.files ?? []) {
    const file = join(folder, path);
    const there = await stat(file).catch(() => undefined);
    const actual = there === undefined ? {} : { actual: await hashFile(file, checksum, signal) };
    checks.push({ path: file, expected: checksum.hex, ...actual, ok: actual.actual === checksum.hex });
  }
  return checks;
}

/** All whole models from hubs, every commit on its own. */
export async function listHubModels(home: string): Promise<StoredModel[]> {
  const found: StoredModel[] = [];
  for (const repository of await readdir(join(home, "hub")).catch(() => [])) {
    const folder = join(home, "hub", repository);
    for (const name of await readdir(folder).catch(() => [])) {
      const model = COMMIT.test(name) ? await lookAtFolder(join(folder, name)) : undefined;
      if (model !== undefined) found.push(model);
    }
  }
  return found;
}

/** Removes one commit (where the name has a revision) or the whole repository; resolves to the bytes of its models. */
export async function removeHub(model: HubModel, home: string): Promise<number> {
  const repository = hubFolder(model, home);
  const sha = model.revision === undefined ? undefined : await commitOf(model, home);
  if (model.revision !== undefined && sha === undefined) return 0;
  const doomed = (await listHubModels(home)).filter(
    (found) => found.name === model.id && (sha === undefined || found.revision === sha),
  );
  const paths =
    sha === undefined ? [repository] : [join(repository, sha), join(repository, `${sha}.incoming`)];
  for (const path of paths) await rm(path, { recursive: true, force: true });
  return doomed.reduce((sum, found) => sum + found.bytes, 0);
}
