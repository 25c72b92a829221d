import { firstLine } from "./first-line.js";
import { onnxRuntime } from "./onnx-runtime.js";

/** ONNX Runtime's version. */
export async function runtimeVersion(): Promise<string> {
  const { env } = await onnxRuntime();
  return env.versions.node ?? env.versions.common;
}

/** Where a session may run. */
export type DeviceName = "cpu" | "webgpu" | "cuda";

/** A device that ONNX Runtime knows, and whether a graph opened on it. */
export interface Device {
  readonly name: DeviceName;
  readonly available: boolean;
  /** Why it can't be used, in ONNX Runtime's words; only where it can't. */
  readonly reason?: string;
}

/** The smallest ONNX file (one Identity from `x` to `y`, f32 [1]), to try a device with. */
const TINY_MODEL = Buffer.from(
  "CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBdFoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=",
  "base64",
);

const NAMES: readonly DeviceName[] = ["cpu", "webgpu", "cuda"];

/**
 * Tries each device with a tiny graph. Takes a fraction of a second. Where there is no Vulkan, trying `webgpu` makes Dawn
 * (ONNX Runtime's WebGPU) write a warning to stderr by itself, past ONNX Runtime's log and past JavaScript.
 */
export async function listDevices(names: readonly DeviceName[] = NAMES): Promise<Device[]> {
  const { InferenceSession, listSupportedBackends } = await onnxRuntime();
  const built = new Set(listSupportedBackends().map((backend) => backend.name));
  return Promise.all(
    names.map(async (name): Promise<Device> => {
      if (!built.has(name))
        return { name, available: false, reason: "not part of this build of ONNX Runtime" };
      try {
        const session = await InferenceSession.create(TINY_MODEL, {
          executionProviders: [name],
          logSeverityLevel: 4,
        });
        await session.release();
        return { name, available: true };
      } catch (error) {
        return { name, available: false, reason: firstLine(error) };
      }
    }),
  );
}
