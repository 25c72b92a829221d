import type { LoadProgress, Warning } from "../encoder.js";
import { ClipError, shownValue, throwIfAborted } from "../errors.js";
import { type ImageOptions, imageOptions } from "../image/options.js";
import { Program } from "./calls.js";
import type { Note, OpenAnswer, OpenQuestion } from "./protocol.js";
import { RemoteClip, type WebClip } from "./remote-clip.js";

export interface WebLoadOptions {
  /**
   * Address of the folder that `zeroclip browser` has filled: the worker, ONNX Runtime and models. On the page's own site. Default:
   * `zeroclip/` beside the page.
   */
  readonly files?: string | URL;
  /** SHA-256 (hex) of the model folder's checksums.json; has to be given for models of other sites. */
  readonly sha256?: string;
  /** `auto` (default): WebGPU where the browser has it, it computes what WebAssembly does, and the model is not int8; else WebAssembly. */
  readonly device?: "auto" | "wasm" | "webgpu";
  /** Threads of WebAssembly; default: one a core, at most 8. One where the page is not cross-origin isolated, with a note. */
  readonly threads?: number;
  /** True: both towers are open when `loadClip` returns. False (default): each is opened when it is first used. */
  readonly preload?: boolean;
  /** False: the browser keeps nothing, and each visit downloads again. Default true. */
  readonly keep?: boolean;
  /** How pictures are read: EXIF, alpha, resizing, limits. */
  readonly image?: Partial<ImageOptions>;
  /** Given (`{}`): addresses are fetched as pictures, as far as the browser lets the page; absent: they are refused. */
  readonly fetchUrls?: Readonly<Record<never, never>>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly onWarning?: (warning: Warning) => void;
}

const DEVICES: readonly string[] = ["auto", "wasm", "webgpu"];

/** A name stands for a folder of `files`; anything with a slash is an address. */
const NAME = /^[\w@.+-]+$/;

function folderOf(model: string | URL, files: URL): URL {
  const text = String(model);
  if (text === "" || typeof text !== "string")
    throw new ClipError("model.unknown", "Expected a model's name or address but received nothing.");
  const address = NAME.test(text) ? new URL(text, files) : new URL(text, document.baseURI);
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  return address;
}

/**
 * Opens a model in a worker of this page: the name of a folder that `zeroclip browser` has filled (`starter`), or the address of one. Its
 * weights are downloaded once for all tabs, checked by their SHA-256 and kept. Raises `model.*`, `download.*`, `runtime.*`,
 * `usage.hash`, `image.options`, `aborted`.
 */
export async function loadClip(
  model: string | URL = "starter",
  options: WebLoadOptions = {},
): Promise<WebClip> {
  const { signal, onProgress, onWarning } = options;
  throwIfAborted(signal);
  const image = imageOptions(options.image);
  const { device = "auto", sha256 } = options;
  if (!DEVICES.includes(device))
    throw new ClipError(
      "runtime.device",
      `Expected ${DEVICES.join(", ")} as the device but received ${shownValue(device)}.`,
    );
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new ClipError(
      "usage.hash",
      `Expected a SHA-256 of 64 hex digits but received ${shownValue(sha256)}.`,
    );
  const files = new URL(options.files ?? "zeroclip/", document.baseURI);
  if (!files.pathname.endsWith("/")) files.pathname += "/";
  const folder = folderOf(model, files);
  const address = new URL("worker.js", files).href;
  const program = new Program(startWorker(address), address);
  const question: OpenQuestion = {
    ask: "open",
    folder: folder.href,
    sha256,
    files: files.href,
    device,
    threads: options.threads,
    keep: options.keep ?? true,
    preload: options.preload ?? false,
    image,
    fetches: options.fetchUrls !== undefined,
  };
  const onNote = (note: Note): void => {
    if ("load" in note) onProgress?.(note.load);
    else if ("warning" in note) onWarning?.(note.warning);
  };
  try {
    const known = await program.call<OpenAnswer>(question, [], { signal, onNote, stays: true });
    // Told to stop while the answer was on its way.
    throwIfAborted(signal);
    return new RemoteClip(program, known, { maxBytes: image.maxBytes, onWarning });
  } catch (error) {
    program.end();
    throw error;
  }
}

function startWorker(address: string): Worker {
  try {
    return new Worker(/* @vite-ignore */ address, { type: "module", name: "zeroclip" });
  } catch (error) {
    throw new ClipError(
      "runtime.thread",
      `Expected the worker ${address} on the page's own site but it can't be started.`,
      { cause: error },
    );
  }
}
