import { assembled, type KernelMemory } from "./assembled.js";
import { deviation, type Grey, greyOf, laplacianVariance, variance } from "./grey.js";
import type { Size } from "./pixels.js";

/** grey-kernel.wat, assembled: `npx --package wabt@1.0.39 wat2wasm src/image/grey-kernel.wat`, then base64. */
const CODE =
  "AGFzbQEAAAABJAVgA39/fwBgA3t7ewF7YAJ/fwJ8fGADf39/Anx8YAJ7ewJ8fAMGBQABAgMEBQMBAB0HIgQGbWVtb3J5AgAEZ3JleQAABmxpZ2h0cwACBWVkZ2VzAAMKwAUFkQICAX8EeyABIAJBAnRqIQMCQANAIAEgA08NASAA/QAEACEEIAT9DAAAAAAAAAAAAAAAAAAAAAD9DQAQEBADEBAQBhAQEAkQEBAhBSAE/QwAAAAAAAAAAAAAAAAAAAAA/Q0BEBAQBBAQEAcQEBAKEBAQIQYgBP0MAAAAAAAAAAAAAAAAAAAAAP0NAhAQEAUQEBAIEBAQCxAQECEHIAEgBSAGIAcQASAFIAX9DQgJCgsMDQ4PAAECAwQFBgcgBiAG/Q0ICQoLDA0ODwABAgMEBQYHIAcgB/0NCAkKCwwNDg8AAQIDBAUGBxAB/Q0AAQIDBAUGBxAREhMUFRYX/QsEACAAQQxqIQAgAUEQaiEBDAALCwtYACAA/f8B/QyJQWDl0CLTP4lBYOXQItM//fIBIAH9/wH9DGIQWDm0yOI/YhBYObTI4j/98gH98AEgAv3/Af0MyXa+nxovvT/Jdr6fGi+9P/3yAf3wAf1eC00CAX8DeyAAIAFBAnRqIQICQANAIAAgAk8NASAA/V0DAP1fIQMgBCAD/fABIQQgBSADIAP98gH98AEhBSAAQQhqIQAMAAsLIAQgBRAEC+oBAgN/A3sgAUECdCEDIAJBAmshAiAAIANBBGpqIQQCQANAIAJBAEwNASAEIANBCGtqIQUCQANAIAQgBU8NASAEIANr/V0DAP1fIAQgA2r9XQMA/V/98AEgBEEEa/1dAwD9X/3wASAEQQRq/V0DAP1f/fABIAT9XQMA/V/9DAAAAAAAABBAAAAAAAAAEED98gH98QEhBiAEQQRqIAVGBEAgBkQAAAAAAAAAAP0iASEGCyAHIAb98AEhByAIIAYgBv3yAf3wASEIIARBCGohBAwACwsgBUEIaiEEIAJBAWshAgwACwsgByAIEAQLGAAgAP0hACAA/SEBoCAB/SEAIAH9IQGgCw==";

interface Kernel {
  readonly memory: KernelMemory;
  grey(rgb: number, out: number, count: number): void;
  /** Sum and sum of squares. */
  lights(data: number, count: number): readonly [number, number];
  edges(data: number, width: number, height: number): readonly [number, number];
}

/** Side at which brightness is judged, so that copies of other sizes can be compared: what a screen shows of a photo. */
const SIDE = 512;
/** Where brightness begins in the kernel's memory: behind the pixels and their slack. */
const GREY = 3 * SIDE * SIDE + 16;

const instance = assembled<Kernel>(CODE);

/** What is read from a picture's brightness. */
export interface Brightness {
  /** At most 512 pixels a side; it lies in memory that the next picture of this thread is written to. */
  readonly grey: Grey;
  /** Standard deviation. */
  readonly deviation: number;
  /** Variance of the Laplacian. */
  readonly sharpness: number;
}

/** RGB bytes [height, width, 3] → what is read from its brightness. */
export function brightnessOf(rgb: Uint8Array, size: Size): Brightness {
  const kernel = instance();
  if (kernel === undefined) {
    const grey = greyOf(rgb, size, SIDE);
    return { grey, deviation: deviation(grey), sharpness: laplacianVariance(grey) };
  }
  const memory = new Float32Array(kernel.memory.buffer, GREY);
  const grey =
    Math.max(size.width, size.height) > SIDE
      ? greyOf(rgb, size, SIDE, memory)
      : greyByKernel(kernel, rgb, size, memory);
  const { width, height } = grey;
  const count = width * height;
  // Two are summed at a time.
  memory[count] = 0;
  const inner = Math.max(0, width - 2) * Math.max(0, height - 2);
  return {
    grey,
    deviation: Math.sqrt(variance(kernel.lights(GREY, count + (count % 2)), count)),
    sharpness: inner === 0 ? 0 : variance(kernel.edges(GREY, width, height), inner),
  };
}

function greyByKernel(kernel: Kernel, rgb: Uint8Array, { width, height }: Size, memory: Float32Array): Grey {
  const count = width * height;
  new Uint8Array(kernel.memory.buffer).set(rgb);
  kernel.grey(0, GREY, count);
  return { width, height, data: memory.subarray(0, count) };
}
