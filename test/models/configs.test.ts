import { expect, test } from "vitest";
import { huggingFacePreprocessing, huggingFaceSettings } from "../../src/models/huggingface-config.js";
import { JsonObject } from "../../src/models/json.js";
import { openClipSettings } from "../../src/models/open-clip-config.js";
import { OPENAI_NORMALISATION } from "../../src/models/spec.js";

const json = (value: unknown) => JsonObject.of(value, "config.json", "model.unsupported");

const huggingFaceDerive = (config: unknown) => huggingFaceSettings(json(config), json({})).derive;

const HALF = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const half = [0.5, 0.5, 0.5];
const { mean, std } = OPENAI_NORMALISATION;

/** What transformers' CLIPImageProcessor makes of these (image_processing_clip.py, image_transforms.py `get_size_dict`). */
test.each([
  ["nothing", {}, { resizeTo: "size", filter: "bicubic" }, { mean, std }],
  ["numbers for sizes", { size: 256, crop_size: 224 }, { resizeTo: 256, size: 224 }, { mean, std }],
  [
    "the usual file",
    { size: { shortest_edge: 224 }, crop_size: { height: 224, width: 224 }, resample: 3, ...HALF },
    { resizeTo: 224, size: 224, filter: "bicubic" },
    { mean: half, std: half },
  ],
  [
    "only a size",
    { size: { shortest_edge: 336 }, resample: 2 },
    { resizeTo: 336, size: 336, filter: "bilinear" },
    { mean, std },
  ],
  [
    "a square without crop",
    { size: { height: 256, width: 256 }, do_center_crop: false, resample: 1 },
    { resizeTo: "squash", size: 256, filter: "lanczos" },
    { mean, std },
  ],
  ["the usual factor", { rescale_factor: 0.00392156862745098, ...HALF }, {}, { mean: half, std: half }],
  [
    "no rescaling",
    { do_rescale: false, image_mean: [51, 102, 255], image_std: [255, 255, 255] },
    {},
    { mean: [0.2, 0.4, 1], std: [1, 1, 1] },
  ],
  ["no normalising", { do_normalize: false }, {}, { mean: [0, 0, 0], std: [1, 1, 1] }],
])("preprocessor_config.json with %s", (_, config, preprocessing, normalisation) => {
  const read = huggingFacePreprocessing(json(config));
  expect(read.preprocessing).toMatchObject(preprocessing);
  for (const key of ["mean", "std"] as const) {
    read.normalisation[key].forEach((value, i) => {
      expect(value).toBeCloseTo(normalisation[key][i]!, 12);
    });
  }
});

test.each([
  [{ do_resize: false }, /do_resize to be true but received false/],
  [{ resample: 4 }, /resample to be 0 \(nearest\)/],
  [{ size: { height: 224, width: 256 } }, /size to be a square/],
  [{ size: { shortest_edge: 200 }, crop_size: 224 }, /size to be at least the crop's 224/],
  [{ size: { shortest_edge: 224 }, do_center_crop: false }, /do_center_crop to be true/],
  [{ size: { height: 256, width: 256 }, crop_size: 224 }, /size to be a shortest_edge/],
  [{ size: 100_000 }, /size to be a whole number from 1 to 4096 but received 100000/],
  [{ image_std: [0, 1, 1] }, /image_std to be three positive numbers/],
  [{ image_mean: [0.5] }, /image_mean to be three numbers but received \[0.5\]/],
  [{ rescale_factor: 0 }, /rescale_factor to be a positive number/],
])("preprocessor_config.json with %j is refused", (config, message) => {
  expect(() => huggingFacePreprocessing(json(config))).toThrow(
    expect.objectContaining({ code: "model.unsupported", message: expect.stringMatching(message) }),
  );
});

test("Hugging Face's config.json: defaults are transformers', a legacy end id means the largest", () => {
  expect(huggingFaceDerive({ model_type: "clip" })).toEqual({
    activation: "quick_gelu",
    imageActivation: "quick_gelu",
    textHeads: 8,
    imageHeads: 12,
    textEpsilon: 1e-5,
    imageEpsilon: 1e-5,
    end: { kind: "first", id: 49407 },
  });
  expect(huggingFaceDerive({ text_config: { eos_token_id: 2, hidden_act: "gelu" } })).toMatchObject({
    activation: "gelu",
    imageActivation: "quick_gelu",
    end: { kind: "largest" },
  });
});

test.each([
  [{ model_type: "siglip2" }, /model_type to be siglip .*NaFlex.* but received "siglip2"/],
  [
    { model_type: "blip" },
    /model_type to be one of clip, chinese_clip, siglip, jina_clip but received "blip"/,
  ],
  [{ text_config: { hidden_act: "relu" } }, /hidden_act to be one of quick_gelu, gelu, gelu_new/],
  [{ vision_config: { num_attention_heads: 0 } }, /num_attention_heads to be a whole number/],
])("Hugging Face's config.json with %j is refused", (config, message) => {
  expect(() => huggingFaceDerive(config)).toThrow(
    expect.objectContaining({ code: "model.unsupported", message: expect.stringMatching(message) }),
  );
});

const vision = { image_size: 224, layers: 12, width: 768, patch_size: 32 };

/** Examples after open_clip's model_configs. */
test.each([
  [
    "ViT-B-32",
    { quick_gelu: false, vision_cfg: vision },
    { activation: "gelu", imageHeads: 12, textHeads: 8 },
  ],
  [
    "ViT-B-32-quickgelu",
    { quick_gelu: true, vision_cfg: vision },
    { activation: "quick_gelu", imageActivation: "quick_gelu" },
  ],
  ["RN50", { vision_cfg: { layers: [3, 4, 6, 3], width: 64, patch_size: null } }, { imageHeads: 32 }],
  [
    "ViT-H-14",
    { vision_cfg: { ...vision, width: 1280, head_width: 80 }, text_cfg: { heads: 16 } },
    { imageHeads: 16, textHeads: 16 },
  ],
  [
    "ViT-L-14-CLIPA, less its pooling",
    { vision_cfg: { ...vision, norm_kwargs: { eps: 1e-6 }, act_kwargs: { approximate: "tanh" } } },
    { imageEpsilon: 1e-6, textEpsilon: 1e-5, imageActivation: "gelu_tanh", activation: "gelu" },
  ],
])("open_clip's %s", (_, model, derive) => {
  expect(openClipSettings(json({ model_cfg: { embed_dim: 512, ...model } })).derive).toMatchObject(derive);
});

test("open_clip's preprocess_cfg", () => {
  const settings = openClipSettings(
    json({
      model_cfg: {},
      preprocess_cfg: { mean: half, std: half, interpolation: "bilinear", resize_mode: "squash" },
    }),
  );
  expect(settings.normalisation).toEqual({ mean: half, std: half });
  expect(settings.preprocessing).toEqual({ resizeTo: "squash", filter: "bilinear", style: "openai" });
});

test.each([
  [
    { vision_cfg: { timm_model_name: "fastvit_mci1" } },
    /vision_cfg: timm_model_name to be one of SigLIP's .*base, large, so400m, giantopt.* but received "fastvit_mci1"/,
  ],
  [{ vision_cfg: { timm_model_name: "vit_base_patch16_siglip_gap_224" } }, /timm_model_name to be one of/],
  [{ text_cfg: { hf_model_name: "google/mt5-base" } }, /text_cfg: hf_model_name to be an XLM-RoBERTa/],
  [{ text_cfg: { hf_model_name: "xlm-roberta-base", hf_pooler_type: "max_pooler" } }, /hf_pooler_type/],
  [{ vision_cfg: { attentional_pool: true } }, /attentional_pool/],
  [{ text_cfg: { no_causal_mask: true } }, /pool_type to be one of last but received nothing/],
  [{ vision_cfg: { something_new: 1 } }, /something_new/],
])("open_clip's %j is refused", (model, message) => {
  expect(() => openClipSettings(json({ model_cfg: model }))).toThrow(
    expect.objectContaining({ code: "model.unsupported", message: expect.stringMatching(message) }),
  );
});
