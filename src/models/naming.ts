import type { NamedTensor, TensorMap } from "../checkpoint/tensor.js";
import { stacked, transposed } from "./derived-tensors.js";
import { fromJina, isJina } from "./naming-jina.js";
import { fromOpenClip } from "./naming-open-clip.js";
import type { TaskAdapter } from "./spec.js";

/** Hugging Face's names (transformers, modeling_clip.py) outside the layers → OpenAI's; `T` marks those stored transposed. */
const HUGGING_FACE: readonly (readonly [from: string, to: string, transposed?: "T"])[] = [
  ["text_model.embeddings.token_embedding.weight", "token_embedding.weight"],
  ["text_model.embeddings.position_embedding.weight", "positional_embedding"],
  ["text_model.final_layer_norm.weight", "ln_final.weight"],
  ["text_model.final_layer_norm.bias", "ln_final.bias"],
  ["text_projection.weight", "text_projection", "T"],
  ["vision_model.embeddings.class_embedding", "visual.class_embedding"],
  ["vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"],
  ["vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"],
  ["vision_model.pre_layrnorm.weight", "visual.ln_pre.weight"],
  ["vision_model.pre_layrnorm.bias", "visual.ln_pre.bias"],
  ["vision_model.pre_layernorm.weight", "visual.ln_pre.weight"],
  ["vision_model.pre_layernorm.bias", "visual.ln_pre.bias"],
  ["vision_model.post_layernorm.weight", "visual.ln_post.weight"],
  ["vision_model.post_layernorm.bias", "visual.ln_post.bias"],
  ["visual_projection.weight", "visual.proj", "T"],
  ["logit_scale", "logit_scale"],
  // SigLIP's (modeling_siglip.py).
  ["logit_bias", "logit_bias"],
  ["text_model.head.weight", "text_projection", "T"],
  ["text_model.head.bias", "text_projection.bias"],
  ["vision_model.embeddings.patch_embedding.bias", "visual.conv1.bias"],
  ["vision_model.head.probe", "visual.pool.probe"],
  ["vision_model.head.attention.in_proj_weight", "visual.pool.attn.in_proj_weight"],
  ["vision_model.head.attention.in_proj_bias", "visual.pool.attn.in_proj_bias"],
  ["vision_model.head.attention.out_proj.weight", "visual.pool.attn.out_proj.weight"],
  ["vision_model.head.attention.out_proj.bias", "visual.pool.attn.out_proj.bias"],
  ["vision_model.head.layernorm.weight", "visual.pool.ln.weight"],
  ["vision_model.head.layernorm.bias", "visual.pool.ln.bias"],
  ["vision_model.head.mlp.fc1.weight", "visual.pool.mlp.c_fc.weight"],
  ["vision_model.head.mlp.fc1.bias", "visual.pool.mlp.c_fc.bias"],
  ["vision_model.head.mlp.fc2.weight", "visual.pool.mlp.c_proj.weight"],
  ["vision_model.head.mlp.fc2.bias", "visual.pool.mlp.c_proj.bias"],
];

const TOWERS = { text_model: "transformer.resblocks", vision_model: "visual.transformer.resblocks" } as const;

/** Parts of a layer, before `.weight` and `.bias`. */
const LAYER_PARTS = {
  layer_norm1: "ln_1",
  layer_norm2: "ln_2",
  "self_attn.out_proj": "attn.out_proj",
  "mlp.fc1": "mlp.c_fc",
  "mlp.fc2": "mlp.c_proj",
} as const;

/** BERT's own names under the text model (Chinese-CLIP, modeling_chinese_clip.py). */
const BERT = /^text_model\.((?:embeddings\.(?:\w+_embeddings|LayerNorm)|encoder\.layer|pooler)\..+)$/;

const LAYER = /^(text_model|vision_model)\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)$/;

/**
 * Tensors under OpenAI's names whatever they came with: OpenAI's own, Hugging Face's, or open_clip's with its text
 * tower under `text.`; a BERT's under its own after `bert.`. The tensors themselves keep the names of their file, for messages.
 */
export function withOpenAiNames(tensors: TensorMap, adapter?: TaskAdapter): TensorMap {
  if (isJina(tensors)) return fromJina(tensors, adapter);
  if (tensors.has("vision_model.embeddings.patch_embedding.weight")) return fromHuggingFace(tensors);
  return fromOpenClip(tensors);
}

/** Beginnings of the names that a Jina-CLIP's tensors have here, and in its files. */
const JINA: readonly (readonly [RegExp, string])[] = [
  [/^visual\.blocks\./, "vision_model.blocks."],
  [/^flash\./, "text_model.transformer.roberta."],
];

/** The name or names that a tensor of OpenAI's has in Hugging Face's files, for messages. */
export function huggingFaceName(name: string): string | undefined {
  const jina = JINA.find(([pattern]) => pattern.test(name));
  if (jina) return name.replace(...jina);
  const single = HUGGING_FACE.find(([, to]) => to === name)?.[0];
  if (single) return single;
  const [, image, layer, part, kind] =
    /^(visual\.)?transformer\.resblocks\.(\d+)\.(.+)[._](weight|bias)$/.exec(name) ?? [];
  const [own] = Object.entries(LAYER_PARTS).find(([, to]) => to === part) ?? [];
  const inner = part === "attn.in_proj" ? "self_attn.{q,k,v}_proj" : own;
  return inner && `${image ? "vision_model" : "text_model"}.encoder.layers.${layer}.${inner}.${kind}`;
}

function fromHuggingFace(tensors: TensorMap): TensorMap {
  const result = new Map<string, NamedTensor>();
  for (const [from, to, turned] of HUGGING_FACE) {
    const tensor = tensors.get(from);
    if (tensor) result.set(to, turned ? transposed(tensor) : tensor);
  }
  for (const [name, tensor] of tensors) {
    const own = BERT.exec(name)?.[1];
    if (own !== undefined) result.set(`bert.${own}`, tensor);
    const [, model, layer, part, kind] = LAYER.exec(name) ?? [];
    if (!model || !part) continue;
    const prefix = `${TOWERS[model as keyof typeof TOWERS]}.${layer}`;
    const known = LAYER_PARTS[part as keyof typeof LAYER_PARTS];
    if (known) result.set(`${prefix}.${known}.${kind}`, tensor);
    if (part !== "self_attn.q_proj") continue;
    const parts = ["q", "k", "v"].map((p) => tensors.get(name.replace("q_proj", `${p}_proj`)));
    const found = parts.filter((p) => p !== undefined);
    if (found.length === 3) result.set(`${prefix}.attn.in_proj_${kind}`, stacked(found));
  }
  return result;
}
