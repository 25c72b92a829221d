import { describe, expect, test } from "vitest";
import { expectedTensors, golden, goldenNames, listing, openWeights } from "./goldens.js";

/** Stored as tensors in OpenAI's archives, but given as scalars (reference.md: "no parameters"). */
const SCALARS = ["input_resolution", "context_length", "vocab_size"];

const FORMATS: Readonly<Record<string, string>> = {
  "tiny-vit.openai.pt": "torchscript",
  "tiny-rn.openai.pt": "torchscript",
  "tiny-vit.legacy.pt": "torch-legacy",
  "training.legacy.pt": "torch-legacy",
  "views.legacy.pt": "torch-legacy",
  "tiny-vit.safetensors": "safetensors",
  "tiny-vit.bf16.safetensors": "safetensors",
  "types.safetensors": "safetensors",
  "tiny-vit-open-clip": "safetensors",
  "tiny-vit-hf": "safetensors",
  "tiny-vit-hf-sharded": "safetensors",
};

describe("every format gives the tensors that its own tool reads", () => {
  test.each(goldenNames)("%s", async (name) => {
    await using source = await openWeights(golden(name));
    const expected = expectedTensors(name).filter(([key]) => !SCALARS.includes(key));
    expect(listing(source.tensors)).toEqual(expected);
    expect(source.format).toBe(FORMATS[name] ?? "torch-zip");
    expect(source.files.length).toBe(name.endsWith("-sharded") ? 3 : name.endsWith("-hf-bin") ? 2 : 1);
    for (const tensor of source.tensors.values()) expect(tensor.read().byteLength).toBe(tensor.byteLength);
  });
});
