import type { NamedTensor, TensorMap } from "../checkpoint/tensor.js";
import { squeezed, stacked, transposed } from "./derived-tensors.js";

/** A name as a pattern, what it becomes, and what is done to the tensor: `T` transposes it, `S` drops its first axis of 1. */
type Rule = readonly [from: RegExp, to: string, change?: "T" | "S"];

/**
 * Names of open_clip's towers that are not its own (open_clip, hf_model.py and timm_model.py), of M-CLIP's text towers
 * (`transformer` beside `LinearTransformation`) and of timm's SigLIP, → OpenAI's, and BERT's own after `bert.`; the first that
 * fits counts.
 */
const RULES: readonly Rule[] = [
  [/^(?:text\.)?transformer\.((?:embeddings|encoder\.layer|pooler)\..+)$/, "bert.$1"],
  [/^text\.transformer\.embed_tokens\.weight$/, "token_embedding.weight"],
  [/^text\.transformer\.layer_norm\.(\w+)$/, "ln_final.$1"],
  [/^text\.transformer\.layers\.(\d+)\.self_attn_layer_norm\.(\w+)$/, "transformer.resblocks.$1.ln_1.$2"],
  [
    /^text\.transformer\.layers\.(\d+)\.self_attn\.out_proj\.(\w+)$/,
    "transformer.resblocks.$1.attn.out_proj.$2",
  ],
  [/^text\.transformer\.layers\.(\d+)\.final_layer_norm\.(\w+)$/, "transformer.resblocks.$1.ln_2.$2"],
  [/^text\.transformer\.layers\.(\d+)\.fc1\.(\w+)$/, "transformer.resblocks.$1.mlp.c_fc.$2"],
  [/^text\.transformer\.layers\.(\d+)\.fc2\.(\w+)$/, "transformer.resblocks.$1.mlp.c_proj.$2"],
  [/^text\.proj\.weight$/, "text_projection", "T"],
  [/^text\.proj\.([02])\.weight$/, "text_projection.$1", "T"],
  [/^LinearTransformation\.weight$/, "text_projection", "T"],
  [/^LinearTransformation\.bias$/, "text_projection.bias"],
  [/^(?:text\.)?text_projection\.weight$/, "text_projection", "T"],
  [/^visual\.trunk\.patch_embed\.proj\.(\w+)$/, "visual.conv1.$1"],
  [/^visual\.trunk\.pos_embed$/, "visual.positional_embedding", "S"],
  [/^visual\.trunk\.norm\.(\w+)$/, "visual.ln_post.$1"],
  [/^visual\.trunk\.blocks\.(\d+)\.norm([12])\.(\w+)$/, "visual.transformer.resblocks.$1.ln_$2.$3"],
  [/^visual\.trunk\.blocks\.(\d+)\.attn\.qkv\.(\w+)$/, "visual.transformer.resblocks.$1.attn.in_proj_$2"],
  [/^visual\.trunk\.blocks\.(\d+)\.attn\.proj\.(\w+)$/, "visual.transformer.resblocks.$1.attn.out_proj.$2"],
  [/^visual\.trunk\.blocks\.(\d+)\.mlp\.fc1\.(\w+)$/, "visual.transformer.resblocks.$1.mlp.c_fc.$2"],
  [/^visual\.trunk\.blocks\.(\d+)\.mlp\.fc2\.(\w+)$/, "visual.transformer.resblocks.$1.mlp.c_proj.$2"],
  [/^visual\.trunk\.attn_pool\.latent$/, "visual.pool.probe"],
  [/^visual\.trunk\.attn_pool\.proj\.(\w+)$/, "visual.pool.attn.out_proj.$1"],
  [/^visual\.trunk\.attn_pool\.norm\.(\w+)$/, "visual.pool.ln.$1"],
  [/^visual\.trunk\.attn_pool\.mlp\.fc1\.(\w+)$/, "visual.pool.mlp.c_fc.$1"],
  [/^visual\.trunk\.attn_pool\.mlp\.fc2\.(\w+)$/, "visual.pool.mlp.c_proj.$1"],
  [/^text\.(.+)$/, "$1"],
];

/** Tensors that become one: the first's name as a pattern, the others' in its place, and what they become. */
const STACKS: readonly (readonly [first: RegExp, others: readonly string[], to: string])[] = [
  [
    /^text\.transformer\.layers\.(\d+)\.self_attn\.q_proj\.(\w+)$/,
    ["text.transformer.layers.$1.self_attn.k_proj.$2", "text.transformer.layers.$1.self_attn.v_proj.$2"],
    "transformer.resblocks.$1.attn.in_proj_$2",
  ],
  [/^visual\.trunk\.attn_pool\.q\.(\w+)$/, ["visual.trunk.attn_pool.kv.$1"], "visual.pool.attn.in_proj_$1"],
];

/** Tensors under OpenAI's names, or BERT's after `bert.`, from those of an open_clip model or an M-CLIP text tower. */
export function fromOpenClip(tensors: TensorMap): TensorMap {
  const result = new Map<string, NamedTensor>();
  for (const [name, tensor] of tensors) {
    const stack = STACKS.find(([first]) => first.test(name));
    if (stack) {
      const [first, others, to] = stack;
      const rest = others.map((other) => tensors.get(name.replace(first, other)));
      const found = rest.filter((part) => part !== undefined);
      if (found.length === rest.length) result.set(name.replace(first, to), stacked([tensor, ...found]));
      continue;
    }
    const [from, to, change] = RULES.find(([pattern]) => pattern.test(name)) ?? [];
    const changed = change === "T" ? transposed(tensor) : change === "S" ? squeezed(tensor) : tensor;
    result.set(from ? name.replace(from, to!) : name, changed);
  }
  return result;
}
