import {
  ClipError,
  type LoadProgress,
  loadClip,
  type Warning,
  type WebClip,
} from "../../../src/browser/index";
import { domainNames } from "../../../src/zeroshot/domains";
import type { Classified, ClassifyOptions, ModelEntry, ServerInfo } from "../api";
import { type KeptCollection, Library } from "./library";
import { DATABASE, LocalSearch, type SearchAsked } from "./search";

/** What is known of the model while it opens, and after. */
export interface LocalState {
  readonly progress: LoadProgress | undefined;
  readonly warnings: readonly Warning[];
  readonly error: ClipError | undefined;
  readonly clip: WebClip | undefined;
}

interface Opened {
  readonly clip: WebClip;
  readonly search: LocalSearch;
  readonly library: Library;
}

const json = (body: unknown, status = 200, headers: HeadersInit = {}): Response =>
  Response.json(body, { status, headers });

function problem(error: unknown): Response {
  const { code, message } = error instanceof ClipError ? error : new ClipError("runtime.run", String(error));
  const status = code === "aborted" ? 499 : code.startsWith("server.not-found") ? 404 : 400;
  return json({ type: "about:blank", title: code, status, detail: message, code }, status);
}

const missing = (what: string): Response =>
  problem(new ClipError("server.not-found" as "server.run", `Expected ${what} but there is none.`));

/**
 * What the page's parts ask of a server, answered by a model in this browser: they can't tell the two apart. No picture leaves the
 * tab.
 */
export class LocalServer {
  readonly version: string;
  /** As the page's address chooses it. */
  readonly model = new URLSearchParams(location.search).get("model") ?? "starter";
  #state: LocalState = { progress: undefined, warnings: [], error: undefined, clip: undefined };
  readonly #listeners = new Set<() => void>();
  #opened: Promise<Opened> | undefined;
  #ready: Opened | undefined;

  constructor(version: string) {
    this.version = version;
  }

  /** Begins to open the model, unless that was done before. */
  open(): Promise<Opened> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      this.#set({ error: error instanceof ClipError ? error : new ClipError("runtime.open", String(error)) });
      throw error;
    });
    return this.#opened;
  }

  /** What was opened; undefined before. */
  get ready(): Opened | undefined {
    return this.#ready;
  }

  readonly state = (): LocalState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(part: Partial<LocalState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of this.#listeners) listener();
  }

  async #open(): Promise<Opened> {
    this.#set({ error: undefined });
    const clip = await loadClip(this.model, {
      preload: true,
      onProgress: (progress) => this.#set({ progress }),
      onWarning: (warning) => this.#set({ warnings: [...this.#state.warnings, warning] }),
    });
    const library = await Library.open(clip.model, this.version);
    const opened = { clip, library, search: new LocalSearch(clip, library) };
    this.#ready = opened;
    this.#set({ clip, progress: undefined });
    return opened;
  }

  /** As `fetch`, for requests of the page's client. */
  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(String(input instanceof Request ? input.url : input), "http://local");
    try {
      return await this.#answer(init?.method ?? "GET", url, init ?? {});
    } catch (error) {
      init?.signal?.throwIfAborted();
      return problem(error);
    }
  };

  async #answer(method: string, { pathname, searchParams }: URL, init: RequestInit): Promise<Response> {
    const [, , room = "", ...rest] = pathname.split("/").map(decodeURIComponent);
    if (pathname === "/readyz") {
      void this.open().catch(() => undefined);
      return json({ status: this.#ready ? "ready" : "warming up" }, this.#ready ? 200 : 503);
    }
    if (method === "GET" && room === "server") return json(this.#info());
    if (method === "GET" && room === "label-sets") return json({ labelSets: [] });
    if (room === "products") return json({ catalogues: [], products: [] });
    const opened = this.#ready;
    if (method === "GET" && room === "models")
      return json({ object: "list", data: opened ? [entryOf(opened.clip)] : [] });
    if (method === "GET" && room === "databases" && rest.length === 0)
      return json({ databases: opened ? [await opened.search.database()] : [] });
    const { search, library, clip } = await this.open();
    if (room === "classify") return json(await classified(clip, init));
    if (room === "search") {
      const asked = JSON.parse(String(init.body)) as SearchAsked;
      return json(await search.search(asked, init.signal ?? undefined));
    }
    if (room === "databases" && rest[0] === DATABASE) {
      const [, part, name] = rest;
      if (part === "pictures" && method === "POST") {
        const pictures = await search.add(filesOf(init.body as FormData));
        return json({ db: DATABASE, added: pictures.filter(({ picture }) => picture).length, pictures });
      }
      if (part === "pictures" && name !== undefined) {
        const found = await search.picture(name);
        return found ? json(found) : missing(`the picture ${name}`);
      }
      if (part === "collections") return collections(library, method, name, init);
    }
    return missing(`${method} ${pathname}${searchParams.size > 0 ? "?…" : ""} in the browser`);
  }

  #info(): ServerInfo {
    return {
      version: this.version,
      needsKey: false,
      fetchUrls: false,
      domains: domainNames(),
      limits: {
        pictures: 64,
        pictureBytes: 64 * 1024 * 1024,
        bodyBytes: 512 * 1024 * 1024,
        pixels: 100_000_000,
        inlineLabels: 10_000,
        queueMs: 0,
      },
    };
  }
}

function entryOf({ model }: WebClip): ModelEntry {
  const { name, precision, device, dim, imageSize, contextLength, revision, templates } = model;
  return {
    id: name,
    object: "model",
    created: 0,
    owned_by: "zeroclip",
    default: true,
    loaded: true,
    present: true,
    precision,
    device,
    dim,
    imageSize,
    contextLength,
    revision,
    templates: [...templates],
  };
}

function filesOf(form: FormData): { readonly name: string; readonly file: File }[] {
  return form.getAll("image").map((file) => ({ name: (file as File).name, file: file as File }));
}

/** Fields of a form as options: all but texts are JSON. */
function optionsOf(form: FormData): ClassifyOptions {
  const options: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (name === "image" || typeof value !== "string") continue;
    try {
      options[name] = JSON.parse(value);
    } catch {
      options[name] = value;
    }
  }
  return options as ClassifyOptions;
}

async function classified(
  clip: WebClip,
  { body, signal }: RequestInit,
): Promise<{ model: string; results: Classified[] }> {
  const form = body as FormData;
  const { labels = [], domain, templates, views, coverage, abstain, top } = optionsOf(form);
  const files = filesOf(form);
  const answers = await clip.answerAll(
    files.map(({ file }) => file),
    labels as string[],
    {
      ...(domain === undefined ? {} : { domain }),
      ...(templates === undefined ? {} : { templates }),
      ...(views === undefined ? {} : { views }),
      ...(coverage === undefined ? {} : { coverage }),
      ...(abstain === undefined ? {} : { abstain }),
      ...(top === undefined ? {} : { top }),
      ...(signal ? { signal } : {}),
    },
  );
  const results = answers.map((answer, i): Classified => {
    const image = files[i]!.name;
    if (answer instanceof ClipError)
      return { image, predictions: [], error: { code: answer.code, message: answer.message } };
    const { predictions, calibrated, abstained, set } = answer;
    return {
      image,
      predictions: predictions.map(({ label, probability, similarity }) => ({
        label,
        probability,
        similarity,
      })),
      calibrated,
      ...(abstained === undefined ? {} : { abstained }),
      ...(set ? { set: [...set] } : {}),
    };
  });
  return { model: clip.model.name, results };
}

async function collections(
  library: Library,
  method: string,
  name: string | undefined,
  { body }: RequestInit,
): Promise<Response> {
  const infoOf = ({ pictures, ...info }: KeptCollection) => ({ ...info, count: pictures.length });
  if (name === undefined) return json({ collections: [...library.collections.values()].map(infoOf) });
  const known = library.collections.get(name);
  if (method === "PUT") {
    const { pictures } = JSON.parse(String(body)) as { pictures: string[] };
    const made = { name, version: (known?.version ?? 0) + 1, updated: new Date().toISOString(), pictures };
    await library.collect(name, made);
    return json(infoOf(made));
  }
  if (!known) return missing(`a collection ${name}`);
  if (method === "DELETE") {
    await library.collect(name, undefined);
    return new Response(null, { status: 204 });
  }
  return json({ ...infoOf(known), pictures: known.pictures }, 200, { etag: `"${known.version}"` });
}
