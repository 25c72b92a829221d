import type { Warning } from "../encoder.js";
import { asClipError, ClipError } from "../errors.js";
import { indexOf } from "../image/data-checks.js";
import type { ModelManifest } from "../models/manifest.js";
import { allTowers, type Runner, Tower, type Towers } from "../models/tower.js";
import type { Feed } from "../runtime/session.js";
import type { ModelFiles } from "./model-files.js";
import { type ExternalWeights, loadRuntime, openWebSession, type WebDevice } from "./session.js";

export interface TowersOptions {
  /** Folder of ONNX Runtime's files; ends with a slash. */
  readonly files: string;
  readonly device: "auto" | WebDevice;
  readonly threads: number;
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

/** Cosine to what WebAssembly computes below which a GPU's driver is not trusted. */
const TRUSTED = 0.999;

/**
 * Towers that are opened when they are first used. A GPU is tried at once with one picture beside WebAssembly: where it fails or
 * computes something else, `auto` takes WebAssembly and says so. Raises `runtime.device`.
 */
export async function openTowers(model: ModelFiles, options: TowersOptions): Promise<WebTowers> {
  const { manifest } = model;
  const device = await deviceFor(options.device, manifest);
  const on = (place: WebDevice): Towers => towersOn(model, { ...options, device: place });
  const towers = on(device);
  if (device === "wasm") return { towers, device };
  try {
    await checkGpu(towers, model, options);
    return { towers, device };
  } catch (error) {
    for (const tower of allTowers(towers)) await tower[Symbol.asyncDispose]();
    const { message } = asClipError(error, "runtime.device");
    if (options.device === "webgpu") throw new ClipError("runtime.device", message, { cause: error });
    options.onWarning({
      code: "runtime.device",
      message: `WebAssembly is used in place of WebGPU: ${message}`,
    });
    return { towers: on("wasm"), device: "wasm" };
  }
}

function towersOn(model: ModelFiles, options: TowersOptions & { readonly device: WebDevice }): Towers {
  let runtime: ReturnType<typeof loadRuntime> | undefined;
  const open = async (file: string): Promise<Runner> => {
    runtime ??= loadRuntime(options).catch((error: unknown) => {
      runtime = undefined;
      throw error;
    });
    return openGraph(await runtime, options.device, model, file);
  };
  const { image, text, textByScript = [] } = model.manifest;
  const tower = ({ file }: { readonly file: string }): Tower => new Tower(() => open(file));
  return {
    image: tower(image),
    text: tower(text),
    textByScript: textByScript.map((one) => tower(one.tower)),
  };
}

async function openGraph(
  runtime: Awaited<ReturnType<typeof loadRuntime>>,
  device: WebDevice,
  model: ModelFiles,
  file: string,
): Promise<Runner> {
  const graph = await model.read(file);
  const external: ExternalWeights[] = [];
  for (const name of model.weights)
    if (indexOf(graph, [...new TextEncoder().encode(name)], 0) >= 0)
      external.push({ path: name, data: await model.read(name) });
  return openWebSession(runtime, device, file, graph, external);
}

/** One picture by both. Raises `runtime.*` where they differ or one fails. */
async function checkGpu(towers: Towers, model: ModelFiles, options: TowersOptions): Promise<void> {
  const { image } = model.manifest;
  const runtime = await loadRuntime({ ...options, device: "webgpu" });
  const other = await openGraph(runtime, "wasm", model, image.file);
  try {
    const found = await towers.image.run({ [image.input]: someSquare(model.manifest) }, image.output);
    const expected = await other.run({ [image.input]: someSquare(model.manifest) }, image.output);
    const cosine = cosineOf(found.data, expected.data);
    if (cosine >= TRUSTED) return;
    throw new ClipError(
      "runtime.device",
      `Expected the GPU to compute what WebAssembly does but its features have a cosine of ${cosine.toFixed(4)} to them.`,
    );
  } finally {
    await other[Symbol.asyncDispose]();
  }
}

/** A square of stripes. */
function someSquare({ image }: ModelManifest): Feed {
  const { size } = image.preprocessing;
  const data = Uint8Array.from(
    { length: size * size * 3 },
    (_, i) => (i * 37 + Math.floor(i / (3 * size)) * 11) & 255,
  );
  return { type: "uint8", data, dims: [1, size, size, 3] };
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
