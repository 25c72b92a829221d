import { ClipError } from "../errors.js";
import type { Runner } from "../models/tower.js";
import { firstLine } from "../runtime/first-line.js";
import type { Features, Feed } from "../runtime/session.js";

/** The parts of ONNX Runtime in use: onnxruntime-web shares their types with onnxruntime-node. */
type OnnxRuntime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor" | "env">;
type OpenedGraph = Awaited<ReturnType<OnnxRuntime["InferenceSession"]["create"]>>;

/** Where a session may run here. */
export type WebDevice = "wasm" | "webgpu";

/** ONNX Runtime's own files: those without WebGPU are half as large. */
const PROGRAMS: Readonly<Record<WebDevice, { readonly program: string; readonly wasm: string }>> = {
  wasm: { program: "ort.wasm.bundle.min.mjs", wasm: "ort-wasm-simd-threaded.wasm" },
  webgpu: { program: "ort.webgpu.bundle.min.mjs", wasm: "ort-wasm-simd-threaded.asyncify.wasm" },
};

export interface RuntimeOptions {
  /** Folder of ONNX Runtime's files; ends with a slash. */
  readonly files: string;
  readonly device: WebDevice;
  readonly threads: number;
}

/** The part of a GPU's device in use: it tells when it is gone. */
interface GpuDevice {
  readonly lost: Promise<{ readonly message: string }>;
}

/** ONNX Runtime as this worker has it. Its form with WebGPU is ended for good by two sessions that are opened or run at once. */
export class WebRuntime {
  readonly ort: OnnxRuntime;
  #last: Promise<unknown> = Promise.resolve();
  #watched: unknown;
  #lost: string | undefined;

  constructor(ort: OnnxRuntime) {
    this.ort = ort;
  }

  /** Does one thing after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Watches the GPU that sessions were opened on. */
  async watchGpu(): Promise<void> {
    const device = (await this.ort.env.webgpu.device) as unknown as GpuDevice | undefined;
    if (device === undefined || device === this.#watched) return;
    this.#watched = device;
    device.lost.then(({ message }) => {
      this.#lost = firstLine(message);
    });
  }

  /** True once the GPU is gone: a second run after that would never end. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Raises `runtime.device` where the GPU is gone. */
  checkGpu(cause?: unknown): void {
    if (this.#lost === undefined) return;
    throw new ClipError(
      "runtime.device",
      `Expected a GPU that stays but the browser has lost it (${this.#lost}): open the model anew.`,
      { cause },
    );
  }
}

/** Loads ONNX Runtime. Raises `runtime.device`. */
export async function loadRuntime({ files, device, threads }: RuntimeOptions): Promise<WebRuntime> {
  const { program, wasm } = PROGRAMS[device];
  const address = `${files}${program}`;
  try {
    // Bundlers leave it alone: it is a file beside this one, and no part of a bundle.
    const ort = (await import(/* @vite-ignore */ /* webpackIgnore: true */ address)) as OnnxRuntime;
    ort.env.logLevel = "fatal";
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = { wasm: `${files}${wasm}` };
    return new WebRuntime(ort);
  } catch (error) {
    throw new ClipError(
      "runtime.device",
      `Expected ONNX Runtime at ${address} but it can't be loaded: ${firstLine(error)}`,
      { cause: error },
    );
  }
}

/** A graph's bytes, and those of the files that its large weights are in. */
export interface GraphFiles {
  /** For messages. */
  readonly name: string;
  readonly graph: Uint8Array;
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Opens a graph. Raises `runtime.open`; `runtime.device` where ONNX Runtime itself can't start. */
export async function openWebSession(
  runtime: WebRuntime,
  device: WebDevice,
  { name, graph, external }: GraphFiles,
): Promise<Runner> {
  const { InferenceSession, Tensor } = runtime.ort;
  const options = {
    executionProviders: [device],
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    ...(external.length > 0 ? { externalData: [...external] } : {}),
  } as const;
  try {
    const session = await runtime.inTurn(async () => {
      if (device === "webgpu") runtime.checkGpu();
      return InferenceSession.create(graph, options);
    });
    if (device === "webgpu") await runtime.watchGpu();
    return new WebSession(session, { runtime, device, Tensor });
  } catch (error) {
    if (error instanceof ClipError) throw error;
    const absent = /no available backend|both async and sync fetching|wasm streaming|backend/i.test(
      String(error),
    );
    throw new ClipError(
      absent ? "runtime.device" : "runtime.open",
      `Expected an ONNX graph in ${name} but ONNX Runtime says: ${firstLine(error)}`,
      { cause: error },
    );
  }
}

/** Where a session runs. */
interface Place {
  readonly runtime: WebRuntime;
  readonly device: WebDevice;
  readonly Tensor: OnnxRuntime["Tensor"];
}

/** A turn of the worker's event loop, in which it hears that nobody waits for a call any more. */
function turn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((next) => {
    port1.onmessage = () => {
      port1.close();
      next();
    };
    port2.postMessage(undefined);
  });
}

class WebSession implements Runner {
  readonly #session: OpenedGraph;
  readonly #place: Place;
  #released = false;

  constructor(session: OpenedGraph, place: Place) {
    this.#session = session;
    this.#place = place;
  }

  async run(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Features> {
    if (this.#released)
      throw new ClipError("runtime.closed", "Expected an open session but it was closed before.");
    await turn();
    return this.#place.runtime.inTurn(() => this.#compute(feeds, output));
  }

  async #compute(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Features> {
    const { runtime, device, Tensor } = this.#place;
    if (device === "webgpu") runtime.checkGpu();
    const tensors = Object.entries(feeds).map(
      ([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)] as const,
    );
    const result = await this.#session
      .run(Object.fromEntries(tensors), [output])
      .catch(async (error: unknown) => {
        if (device === "webgpu") {
          // The browser tells of a lost GPU in a turn of its own.
          await new Promise((next) => setTimeout(next));
          runtime.checkGpu(error);
        }
        throw new ClipError("runtime.run", `The graph could not be computed: ${firstLine(error)}`, {
          cause: error,
        });
      });
    const { data, dims } = result[output] ?? {};
    if (data instanceof Float32Array && dims) return { data, dims };
    throw new ClipError(
      "runtime.run",
      `Expected ${output} to be f32 values but the graph gave something else.`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    const { runtime } = this.#place;
    await runtime.inTurn(async () => {
      if (!runtime.lost) await this.#session.release();
    });
  }
}
