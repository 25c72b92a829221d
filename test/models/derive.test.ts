import { describe, expect, test } from "vitest";
import { openSource } from "../../src/checkpoint/open.js";
import type { TensorMap } from "../../src/checkpoint/tensor.js";
import { deriveSpec } from "../../src/models/derive.js";
import { withOpenAiNames } from "../../src/models/naming.js";
import { buildTextTower } from "../../src/models/text-tower.js";
import { Weights } from "../../src/models/weights.js";
import { CHECKPOINTS } from "./golden.js";
import { emptyTensor, tinyClip } from "./random-tensors.js";

async function tensorsOf(name: string): Promise<TensorMap> {
  const source = await openSource(CHECKPOINTS + name);
  if (source.kind !== "weights") throw new Error(`${name} is no file of weights`);
  return withOpenAiNames(source.tensors);
}

const text = { layers: 1, vocabulary: 128, contextLength: 16, epsilon: 1e-5, end: { kind: "largest" } };

test.each([
  [
    "tiny-vit.openai.pt",
    {
      dim: 64,
      image: { kind: "vit", size: 32, width: 128, layers: 1, heads: 2, inner: 512, activation: "quick_gelu" },
      text: { ...text, layers: 2, contextLength: 77, width: 64, heads: 1, activation: "quick_gelu" },
    },
  ],
  [
    "tiny-vit.safetensors",
    { dim: 32, image: { kind: "vit", size: 32, patch: 8, inner: 32 }, text: { ...text, width: 64 } },
  ],
  [
    "tiny-rn.openai.pt",
    {
      dim: 64,
      image: { kind: "modified-resnet", size: 64, blocks: [1, 1, 1, 1], heads: 2 },
      text: { width: 64 },
    },
  ],
] as const)("%s has the sizes that it was made with", async (name, expected) => {
  expect(deriveSpec(await tensorsOf(name))).toMatchObject(expected);
});

test("a Hugging Face folder's tensors all have OpenAI's names", async () => {
  const tensors = await tensorsOf("tiny-vit-hf");
  const names = new Set(tinyClip().keys());
  expect(new Set(tensors.keys())).toEqual(names);
  const options = { imageHeads: 4, textHeads: 4 };
  expect(deriveSpec(tensors, options)).toMatchObject({
    dim: 24,
    image: { size: 32, patch: 8, width: 32, heads: 4 },
  });
});

/** The tiny model with one tensor left out or replaced by one of another shape. */
function broken(name: string, shape?: readonly number[], dtype: "f32" | "i64" = "f32"): TensorMap {
  const tensors = new Map(tinyClip());
  tensors.delete(name);
  if (shape) tensors.set(name, emptyTensor(name, shape, dtype));
  return tensors;
}

function build(tensors: TensorMap): void {
  const spec = deriveSpec(tensors);
  buildTextTower(spec.text, spec.dim, new Weights(tensors));
}

describe("what is wrong is said by name", () => {
  test.each([
    [
      "ln_final.weight",
      /ln_final\.weight with 1 dimension \(text_model\.final_layer_norm\.weight in Hugging Face/,
    ],
    ["text_projection", /text_projection with 2 dimensions/],
    ["visual.conv1.weight", /visual\.conv1\.weight with 4 dimensions/],
    ["ln_final.bias", /ln_final\.bias \[64\]/],
    [
      "transformer.resblocks.1.mlp.c_fc.bias",
      /c_fc\.bias \[128\] \(text_model\.encoder\.layers\.1\.mlp\.fc1\.bias in Hugging Face/,
    ],
    [
      "transformer.resblocks.0.attn.in_proj_weight",
      /\(text_model\.encoder\.layers\.0\.self_attn\.\{q,k,v\}_proj\.weight/,
    ],
  ])("a missing %s", (name, message) => {
    expect(() => build(broken(name))).toThrow(
      expect.objectContaining({ code: "checkpoint.missing-tensor", message: expect.stringMatching(message) }),
    );
  });

  test.each([
    ["ln_final.bias", [63], "Expected ln_final.bias to have shape [64] but received [63]."],
    [
      "text_projection",
      [64, 24, 1],
      "Expected text_projection to have 2 dimensions but received [64, 24, 1].",
    ],
    [
      "token_embedding.weight",
      [50, 63],
      "Expected token_embedding.weight to have shape [50, 64] but received [50, 63].",
    ],
    [
      "visual.positional_embedding",
      [16, 64],
      "Expected visual.positional_embedding to have 1 + n² rows for a square of places but received 16.",
    ],
    [
      "ln_final.weight",
      [65],
      "Expected a width that is a multiple of 64 in the text tower but received width 65.",
    ],
  ])("%s of shape %j", (name, shape, message) => {
    expect(() => build(broken(name, shape))).toThrow(
      expect.objectContaining({ code: "checkpoint.shape", message }),
    );
  });

  test("whole numbers where floats belong", () => {
    expect(() => build(broken("ln_final.bias", [64], "i64"))).toThrow(
      expect.objectContaining({
        code: "checkpoint.dtype",
        message: expect.stringContaining("ln_final.bias"),
      }),
    );
  });

  test("a hole in the layers", () => {
    const tensors = new Map(tinyClip());
    for (const name of [...tensors.keys()])
      if (name.startsWith("transformer.resblocks.0.ln_1")) tensors.delete(name);
    expect(() => build(tensors)).toThrow(expect.objectContaining({ code: "checkpoint.missing-tensor" }));
  });

  test("heads that do not divide the width", () => {
    expect(() => deriveSpec(tinyClip(), { textHeads: 7 })).toThrow(
      expect.objectContaining({ code: "checkpoint.shape", message: expect.stringContaining("7 heads") }),
    );
  });
});
