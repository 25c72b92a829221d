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

/** Loads ONNX Runtime. Raises `runtime.device`. */
export async function loadRuntime({ files, device, threads }: RuntimeOptions): Promise<OnnxRuntime> {
  const { program, wasm } = PROGRAMS[device];
  const address = `${files}${program}`;
  try {
    // Bundlers leave it alone: it is a file beside this one, and no part of a bundle.
    const runtime = (await import(/* @vite-ignore */ /* webpackIgnore: true */ address)) as OnnxRuntime;
    runtime.env.logLevel = "fatal";
    runtime.env.wasm.numThreads = threads;
    runtime.env.wasm.wasmPaths = { wasm: `${files}${wasm}` };
    return runtime;
  } catch (error) {
    throw new ClipError(
      "runtime.device",
      `Expected ONNX Runtime at ${address} but it can't be loaded: ${firstLine(error)}`,
      { cause: error },
    );
  }
}

/** Weights that a graph keeps in another file. */
export interface ExternalWeights {
  readonly path: string;
  readonly data: Uint8Array;
}

/** Opens a graph. Raises `runtime.open`; `runtime.device` where ONNX Runtime itself can't start. */
export async function openWebSession(
  runtime: OnnxRuntime,
  device: WebDevice,
  name: string,
  graph: Uint8Array,
  externalData: readonly ExternalWeights[],
): Promise<Runner> {
  try {
    const session = await runtime.InferenceSession.create(graph, {
      executionProviders: [device],
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
      ...(externalData.length > 0 ? { externalData: [...externalData] } : {}),
    });
    return new WebSession(session, runtime.Tensor);
  } catch (error) {
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

class WebSession implements Runner {
  readonly #session: OpenedGraph;
  readonly #tensor: OnnxRuntime["Tensor"];
  /** Of the run that was begun last: one at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #released = false;

  constructor(session: OpenedGraph, tensor: OnnxRuntime["Tensor"]) {
    this.#session = session;
    this.#tensor = tensor;
  }

  async run(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Features> {
    if (this.#released)
      throw new ClipError("runtime.closed", "Expected an open session but it was closed before.");
    const running = this.#last.then(() => this.#compute(feeds, output));
    this.#last = running.catch(() => undefined);
    return running;
  }

  async #compute(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Features> {
    const tensors = Object.entries(feeds).map(
      ([name, { type, data, dims }]) => [name, new this.#tensor(type, data, dims)] as const,
    );
    const result = await this.#session.run(Object.fromEntries(tensors), [output]).catch((error: unknown) => {
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
    await this.#last;
    await this.#session.release();
  }
}
