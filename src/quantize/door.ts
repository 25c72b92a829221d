import type { QuantizedModel, QuantizeOptions } from "./quantize.js";

/**
 * A model by name, Hugging Face id or path → its int8 form, which `loadClip("M@int8")` opens. Both forms are compared on
 * pictures and prompts; under the bounds nothing is written and `quantize.gate` says which figure failed and which
 * layers cost most. Equal inputs give equal files. Raises `quantize.*`, `usage.*`, `model.cache`, and what finding a model
 * and reading pictures raise. What it needs is loaded when it is called, so that other programs start without.
 */
export async function quantize(model: string, options: QuantizeOptions = {}): Promise<QuantizedModel> {
  return (await import("./quantize.js")).quantize(model, options);
}
