import type { Warning } from "../encoder.js";
import { asClipError, ClipError } from "../errors.js";
import { indexOf } from "../image/data-checks.js";
import type { ModelManifest, TextTower } from "../models/manifest.js";
import { allTowers, type Runner, Tower, type Towers } from "../models/tower.js";
import type { Feed } from "../runtime/session.js";
import type { ModelFiles } from "./model-files.js";
import { type GraphFiles, loadRuntime, openWebSession, type WebDevice, type WebRuntime } from "./session.js";

export interface TowersOptions {
  /** Folder of ONNX Runtime's files; ends with a slash. */
  readonly files: string;
  readonly device: "auto" | WebDevice;
  readonly threads: number;
  /** Vectors of texts by a text tower that runs there. */
  readonly encodeTexts: (
    tower: TextTower,
    session: Runner,
    texts: readonly string[],
  ) => Promise<readonly Float32Array[]>;
  readonly onWarning: (warning: Warning) => void;
}

/** A model's towers, and where they run. */
export interface WebTowers {
  readonly towers: Towers;
  readonly device: WebDevice;
}

/** WebGPU where the browser has it and the model is not int8, whose products it does not have. */
async function deviceFor(asked: "auto" | WebDevice, { precision }: ModelManifest): Promise<WebDevice> {
  if (asked === "wasm" || (asked === "auto" && precision === "int8")) return "wasm";
  const gpu = (globalThis.navigator as { readonly gpu?: { requestAdapter(): Promise<unknown> } }).gpu;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (adapter) return "webgpu";
  if (asked === "auto") return "wasm";
  throw new ClipError(
    "runtime.device",
    'Expected a device that is there (wasm) but received "webgpu": this browser gives the page no adapter of a GPU',
  );
}

/**
 * Towers that are opened when they are first used. On a GPU the image tower is opened at once, and each tower is held against what
 * WebAssembly computes before it is used: where it fails or differs, and where the browser loses the GPU later, `auto` takes
 * WebAssembly and says so. Raises `runtime.device`.
 */
export async function openTowers(model: ModelFiles, options: TowersOptions): Promise<WebTowers> {
  const device = await deviceFor(options.device, model.manifest);
  if (device === "wasm") return { towers: new WasmTowers(model, options).towers(), device };
  const onGpu = new GpuTowers(model, options);
  const towers = onGpu.towers();
  try {
    await towers.image.open();
    return { towers, device };
  } catch (error) {
    for (const tower of allTowers(towers)) await tower[Symbol.asyncDispose]();
    if (options.device === "webgpu") throw error;
    onGpu.warn(error);
    return { towers: onGpu.wasm.towers(), device: "wasm" };
  }
}

/** What a tower is of a model, as its vectors need it. */
type Kind = "image" | TextTower;

function towersBy(
  { image, text, textByScript = [] }: ModelManifest,
  open: (file: string, kind: Kind) => Promise<Runner>,
): Towers {
  return {
    image: new Tower(() => open(image.file, "image")),
    text: new Tower(() => open(text.file, text)),
    textByScript: textByScript.map(({ tower }) => new Tower(() => open(tower.file, tower))),
  };
}

/** ONNX Runtime, loaded when it is first needed, and tried again where that failed. */
function runtimeOf(options: TowersOptions, device: WebDevice): () => Promise<WebRuntime> {
  let runtime: Promise<WebRuntime> | undefined;
  return () => {
    runtime ??= loadRuntime({ ...options, device }).catch((error: unknown) => {
      runtime = undefined;
      throw error;
    });
    return runtime;
  };
}

class WasmTowers {
  readonly #model: ModelFiles;
  readonly #runtime: () => Promise<WebRuntime>;

  constructor(model: ModelFiles, options: TowersOptions) {
    this.#model = model;
    this.#runtime = runtimeOf(options, "wasm");
  }

  towers(): Towers {
    return towersBy(this.#model.manifest, (file) => this.open(file));
  }

  async open(file: string): Promise<Runner> {
    return openWebSession(await this.#runtime(), "wasm", await graphOf(this.#model, file));
  }
}

class GpuTowers {
  /** What takes a GPU's place. */
  readonly wasm: WasmTowers;
  readonly #model: ModelFiles;
  readonly #options: TowersOptions;
  readonly #runtime: () => Promise<WebRuntime>;
  readonly #told = new Set<string>();

  constructor(model: ModelFiles, options: TowersOptions) {
    this.wasm = new WasmTowers(model, options);
    this.#model = model;
    this.#options = options;
    this.#runtime = runtimeOf(options, "webgpu");
  }

  towers(): Towers {
    return towersBy(this.#model.manifest, (file, kind) => this.#open(file, kind));
  }

  /** Once of each: a lost GPU is lost to all towers. */
  warn(error: unknown): void {
    const { message } = asClipError(error, "runtime.device");
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#options.onWarning({
      code: "runtime.device",
      message: `WebAssembly is used in place of WebGPU: ${message}`,
    });
  }

  /** The image tower raises what hinders it; a text tower of `auto` is opened in WebAssembly then. */
  async #open(file: string, kind: Kind): Promise<Runner> {
    const instead = async (error: unknown): Promise<Runner> => {
      this.warn(error);
      return this.wasm.open(file);
    };
    const auto = this.#options.device === "auto";
    try {
      const session = await this.#checked(file, kind);
      return auto ? new Replaceable(session, instead) : session;
    } catch (error) {
      if (auto && kind !== "image") return instead(error);
      throw asDeviceError(error);
    }
  }

  /** Both sessions are of the same form of ONNX Runtime; WebAssembly's is closed again. */
  async #checked(file: string, kind: Kind): Promise<Runner> {
    const runtime = await this.#runtime();
    const graph = await graphOf(this.#model, file);
    const session = await openWebSession(runtime, "webgpu", graph);
    try {
      await using other = await openWebSession(runtime, "wasm", graph);
      const [found, expected] = [await this.#vectors(session, kind), await this.#vectors(other, kind)];
      const cosine = Math.min(...expected.map((vector, i) => cosineOf(found[i]!, vector)));
      if (cosine >= TRUSTED) return session;
      throw new ClipError(
        "runtime.device",
        `Expected the GPU to compute what WebAssembly does but ${file} has a cosine of ${cosine.toFixed(4)} to it.`,
      );
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #vectors(session: Runner, kind: Kind): Promise<readonly Float32Array[]> {
    if (kind !== "image") return this.#options.encodeTexts(kind, session, SOME_TEXTS);
    const { image, dim } = this.#model.manifest;
    const { data } = await session.run({ [image.input]: someSquares(this.#model.manifest) }, image.output);
    return Array.from({ length: SQUARES }, (_, i) => data.subarray(i * dim, (i + 1) * dim));
  }
}

/** A session on a GPU, and another in its place once the browser has lost that. */
class Replaceable implements Runner {
  readonly #first: Runner;
  readonly #instead: (error: unknown) => Promise<Runner>;
  #second: Promise<Runner> | undefined;

  constructor(first: Runner, instead: (error: unknown) => Promise<Runner>) {
    this.#first = first;
    this.#instead = instead;
  }

  async run(...question: Parameters<Runner["run"]>): ReturnType<Runner["run"]> {
    if (this.#second) return (await this.#second).run(...question);
    try {
      return await this.#first.run(...question);
    } catch (error) {
      if (!(error instanceof ClipError && error.code === "runtime.device")) throw error;
      this.#second ??= this.#instead(error).catch((failed: unknown) => {
        this.#second = undefined;
        throw failed;
      });
      return (await this.#second).run(...question);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#first[Symbol.asyncDispose]();
    const second = await this.#second?.catch(() => undefined);
    await second?.[Symbol.asyncDispose]();
  }
}

function asDeviceError(error: unknown): ClipError {
  const { message } = asClipError(error, "runtime.device");
  return new ClipError("runtime.device", message, { cause: error });
}

async function graphOf(model: ModelFiles, file: string): Promise<GraphFiles> {
  const graph = await model.read(file);
  const names = model.weights.filter((name) => indexOf(graph, [...new TextEncoder().encode(name)], 0) >= 0);
  const external: GraphFiles["external"][number][] = [];
  for (const path of names) external.push({ path, data: await model.read(path) });
  return { name: file, graph, external };
}

/** Cosine to what WebAssembly computes below which a GPU's driver is not trusted. */
const TRUSTED = 0.999;

/** One longer than any tower reads, in signs that every vocabulary has, and one that is filled up to its length. */
const SOME_TEXTS = [Array.from({ length: 200 }, (_, i) => i % 10).join(" "), "7"];

const SQUARES = 2;

/** Squares of stripes. */
function someSquares({ image }: ModelManifest): Feed {
  const { size } = image.preprocessing;
  const data = Uint8Array.from(
    { length: SQUARES * size * size * 3 },
    (_, i) => (i * 37 + Math.floor(i / (3 * size)) * 11) & 255,
  );
  return { type: "uint8", data, dims: [SQUARES, size, size, 3] };
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    ab += x * b[i]!;
    aa += x * x;
    bb += b[i]! ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
