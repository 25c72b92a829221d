import type { TensorMap } from "../checkpoint/tensor.js";

/** Names of what checkpoints store beside parameters: running statistics, fixed positions and masks, three sizes. */
const BUFFER =
  /(^|\.)(running_mean|running_var|num_batches_tracked|position_ids|token_type_ids|attn_mask|attn_mask)$|^(input_resolution|context_length|vocab_size)$/;

/** Numbers in the weights as the reference counts them (`sum(p.numel() for p in model.parameters())`), by tower. */
export function countParameters(tensors: TensorMap): { image: number; text: number } {
  const counts = { image: 0, text: 0 };
  for (const [name, { shape }] of tensors) {
    if (BUFFER.test(name)) continue;
    counts[name.startsWith("visual.") ? "image" : "text"] += shape.reduce((a, b) => a * b, 1);
  }
  return counts;
}
