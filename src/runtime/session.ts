import type { InferenceSession, Tensor } from "onnxruntime-node";
import { ClipError } from "../errors.js";
import { type DeviceName, listDevices } from "./devices.js";
import { firstLine } from "./first-line.js";
import { onnxRuntime } from "./onnx-runtime.js";

/**
 * How a graph is opened. The defaults are what measured best for ViT-B/32 and RN50 (docs/runtime.md has the table); the
 * others are there for machines that share their cores or are short of memory.
 */
export interface SessionOptions {
  /** `auto` (default) is the CPU: it is everywhere and exact. A GPU is asked for by name. */
  readonly device?: "auto" | DeviceName;
  /** Threads of one operator, 1..256; default: one a physical core. */
  readonly threads?: number;
  /** Keep freed memory for the next run; default true. False gives it back after each run. */
  readonly arena?: boolean;
  /** How far ONNX Runtime rewrites the graph when it opens it; default `all`. */
  readonly graphOptimization?: "disabled" | "basic" | "extended" | "all";
  /** Threads wait by spinning, default true: faster, but they use their cores for a moment after each operator. */
  readonly spinning?: boolean;
  /** Weights rearranged for the kernels when the graph is opened; default true. */
  readonly prepacking?: boolean;
  /** Start of a file name: ONNX Runtime's per-operator profile is written there when the session closes. */
  readonly profileTo?: string;
}

/** More threads than any machine's cores that ONNX Runtime was tried on. */
const MOST_THREADS = 256;

type FeedType = "uint8" | "int32" | "int64" | "float32";

/** One input: its elements, row-major, and its sizes. */
export interface Feed {
  readonly type: FeedType;
  readonly data: Uint8Array | Int32Array | BigInt64Array | Float32Array;
  readonly dims: readonly number[];
  /** The run may keep `data`, which fills its buffer: it is not used again by the caller, and may be empty afterwards. */
  readonly given?: boolean;
}

/** One output: f32 elements, row-major, and its sizes. */
export interface Features {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** An input as the graph declares it; a size that is free has a name or −1. */
export interface InputInfo {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/**
 * An opened graph. One run at a time uses all threads; a run holds the event loop until it is done (onnxruntime-node
 * 1.30 computes synchronously), so work that is to go on beside it has to be on other threads: threaded.ts.
 */
export interface Session extends AsyncDisposable {
  /** Where it runs. */
  readonly device: DeviceName;
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly string[];
  /** Inputs by name → one output; closing waits for runs that were begun. Raises `runtime.run` when the graph can't be computed with them. */
  run(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Features>;
  /** The same with several outputs, in the order that they are named. */
  runAll(feeds: Readonly<Record<string, Feed>>, outputs: readonly string[]): Promise<Features[]>;
}

/** Where a session of these options runs. Raises `runtime.options` for a number of threads that makes no sense. */
export function deviceOf({ device = "auto", threads }: SessionOptions): DeviceName {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw new ClipError("runtime.options", `Expected 1 to ${MOST_THREADS} threads but received ${threads}.`);
  }
  return device === "auto" ? "cpu" : device;
}

/** Opens an ONNX file. Raises `runtime.device` for a device that is not there and `runtime.open` for a bad file. */
export async function openSession(file: string, options: SessionOptions = {}): Promise<Session> {
  const device = deviceOf(options);
  const runtime = await onnxRuntime();
  const session = await create(runtime, file, device, options);
  return new OpenSession(session, runtime.Tensor, device, options.profileTo !== undefined);
}

async function create(
  { InferenceSession }: Awaited<ReturnType<typeof onnxRuntime>>,
  file: string,
  device: DeviceName,
  options: SessionOptions,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(file, {
      executionProviders: [device],
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      enableCpuMemArena: options.arena ?? true,
      graphOptimizationLevel: options.graphOptimization ?? "all",
      logSeverityLevel: 4,
      ...(options.profileTo === undefined
        ? {}
        : { enableProfiling: true, profileFilePrefix: options.profileTo }),
      extra: {
        session: {
          intra_op: { allow_spinning: options.spinning === false ? "0" : "1" },
          disable_prepacking: options.prepacking === false ? "1" : "0",
        },
      },
    });
  } catch (error) {
    if (device !== "cpu") await refuseAbsent(device, error);
    throw new ClipError(
      "runtime.open",
      `Expected an ONNX graph in ${file} but ONNX Runtime says: ${firstLine(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** What a device needs that is not in the package. */
const NEEDS: Readonly<Record<DeviceName, string>> = {
  cpu: "it needs nothing",
  webgpu: "it needs a driver for Vulkan, Metal or Direct3D 12",
  cuda: "it needs ONNX Runtime's CUDA part, which docs/runtime.md says how to add",
};

/** Raises `runtime.device` where the device, and not the file, is what is wrong. */
async function refuseAbsent(wanted: DeviceName, cause: unknown): Promise<void> {
  // WebGPU is only tried where it was asked for: see listDevices.
  const devices = await listDevices(wanted === "webgpu" ? ["cpu", "webgpu", "cuda"] : ["cpu", wanted]);
  const found = devices.find((device) => device.name === wanted);
  if (found?.available) return;
  const names = devices.filter((device) => device.available).map((device) => device.name);
  const message = `Expected a device that is there (${names.join(", ")}) but received "${wanted}": ${found?.reason ?? ""} (${NEEDS[wanted]})`;
  throw new ClipError("runtime.device", message, { cause });
}

class OpenSession implements Session {
  readonly inputs: readonly InputInfo[];
  readonly outputs: readonly string[];
  readonly #running = new Set<Promise<unknown>>();
  #released = false;

  constructor(
    readonly session: InferenceSession,
    readonly tensor: typeof Tensor,
    readonly device: DeviceName,
    readonly profiled: boolean,
  ) {
    this.inputs = session.inputMetadata.map((input) =>
      input.isTensor ? input : { name: input.name, type: "other", shape: [] },
    );
    this.outputs = session.outputNames;
  }

  async run(feeds: Readonly<Record<string, Feed>>, output: string): Promise<Features> {
    return (await this.runAll(feeds, [output]))[0]!;
  }

  async runAll(feeds: Readonly<Record<string, Feed>>, outputs: readonly string[]): Promise<Features[]> {
    if (this.#released)
      throw new ClipError("runtime.closed", "Expected an open session but it was closed before.");
    const result = await this.#compute(feeds, outputs).catch((error: unknown) => {
      throw new ClipError("runtime.run", `The graph could not be computed: ${firstLine(error)}`, {
        cause: error,
      });
    });
    return outputs.map((output) => {
      const { data, dims } = result[output] ?? {};
      if (data instanceof Float32Array && dims) return { data, dims };
      const message = `Expected ${output} to be f32 values but the graph gave something else.`;
      throw new ClipError("runtime.run", message);
    });
  }

  async #compute(
    feeds: Readonly<Record<string, Feed>>,
    outputs: readonly string[],
  ): Promise<InferenceSession.ReturnType> {
    const entries = Object.entries(feeds);
    const tensors = entries.map(([name, { type, data, dims }]) => [name, new this.tensor(type, data, dims)]);
    const running = this.session.run(Object.fromEntries(tensors), outputs);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await Promise.allSettled(this.#running);
    if (this.profiled) this.session.endProfiling();
    await this.session.release();
  }
}
