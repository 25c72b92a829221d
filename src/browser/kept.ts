/** Name of the browser's store; another number once what is in it changes. */
const STORE = "zeroclip-1";
/** Entries are named by what is in them, so that two models share what they have in common. */
const PREFIX = "/zeroclip-kept/";

const HEADERS = { address: "x-zeroclip-address", folder: "x-zeroclip-folder" } as const;

/** A file that this browser keeps. */
export interface KeptFile {
  readonly address: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A model that this browser keeps, with all that was downloaded of it. */
export interface KeptModel {
  /** Address of its folder. */
  readonly model: string;
  readonly bytes: number;
  readonly files: readonly KeptFile[];
}

function nameOf(sha256: string): string {
  return new URL(PREFIX + sha256, globalThis.location.origin).href;
}

/** Absent in pages that are not served over https (or from this machine), and where a browser keeps nothing. */
async function store(): Promise<Cache | undefined> {
  return globalThis.caches === undefined ? undefined : caches.open(STORE).catch(() => undefined);
}

/** The bytes of that hash; undefined where they are not kept. */
export async function readKept(sha256: string): Promise<Uint8Array | undefined> {
  const found = await (await store())?.match(nameOf(sha256));
  return found && new Uint8Array(await found.arrayBuffer());
}

export async function isKept(sha256: string): Promise<boolean> {
  return ((await (await store())?.match(nameOf(sha256))) ?? undefined) !== undefined;
}

/** Keeps bytes whose hash was checked. False where the browser has no store or no room for them. */
export async function keep(
  bytes: Uint8Array,
  sha256: string,
  where: { readonly address: string; readonly folder: string },
): Promise<boolean> {
  const kept = await store();
  if (!kept) return false;
  const headers = {
    [HEADERS.address]: encodeURI(where.address),
    [HEADERS.folder]: encodeURI(where.folder),
    "content-length": String(bytes.length),
  };
  try {
    await kept.put(nameOf(sha256), new Response(bytes as Uint8Array<ArrayBuffer>, { headers }));
    return true;
  } catch {
    // No room: the next visit downloads again.
    return false;
  }
}

export async function forget(sha256: string): Promise<void> {
  await (await store())?.delete(nameOf(sha256));
}

/** What this browser keeps of models for this site, with its size. */
export async function storedModels(): Promise<KeptModel[]> {
  const kept = await store();
  if (!kept) return [];
  const models = new Map<string, KeptFile[]>();
  for (const request of await kept.keys()) {
    const found = await kept.match(request);
    if (!found) continue;
    const folder = decodeURI(found.headers.get(HEADERS.folder) ?? "");
    const files = models.get(folder) ?? [];
    files.push({
      address: decodeURI(found.headers.get(HEADERS.address) ?? ""),
      sha256: request.url.slice(request.url.lastIndexOf("/") + 1),
      bytes: Number(found.headers.get("content-length")),
    });
    models.set(folder, files);
  }
  return [...models].map(([model, files]) => ({
    model,
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
}

/** Forgets what this browser keeps of a model, given its folder's address; of all where none is given. Resolves to the bytes that were freed. */
export async function clearModels(model?: string): Promise<number> {
  let freed = 0;
  for (const { model: folder, files } of await storedModels()) {
    if (model !== undefined && folder !== model) continue;
    for (const { sha256, bytes } of files) {
      await forget(sha256);
      freed += bytes;
    }
  }
  return freed;
}
