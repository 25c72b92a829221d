import type { NamedTensor, TensorMap } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import { adapted, picked, scaled, squeezed, transposed } from "./derived-tensors.js";
import type { TaskAdapter } from "./spec.js";

/** Names of EVA's image tower and of what follows both towers (eva_model.py and hf_model.py of jina-clip-implementation), as in naming-open-clip. */
const RULES: readonly (readonly [from: RegExp, to: string, change?: (tensor: NamedTensor) => NamedTensor])[] =
  [
    [/^vision_model\.patch_embed\.proj\.(\w+)$/, "visual.conv1.$1"],
    [/^vision_model\.cls_token$/, "visual.class_embedding", (tensor) => squeezed(squeezed(tensor))],
    [/^vision_model\.pos_embed$/, "visual.positional_embedding", squeezed],
    [/^vision_model\.norm\.(\w+)$/, "visual.ln_post.$1"],
    [/^vision_model\.(blocks|head)\.(.+)$/, "visual.$1.$2"],
    [/^text_model\.proj\.weight$/, "text_projection", transposed],
    [/^text_model\.proj\.bias$/, "text_projection.bias"],
    [/^logit_scale$/, "logit_scale"],
  ];

/** The text tower's own names; `roberta.` stands in those of a tower with adapters. */
const TEXT = /^text_model\.transformer\.(?:roberta\.)?(.+)$/;

/** Where torch keeps a matrix that something is added to when it is used (torch.nn.utils.parametrize). */
const PARAMETRIZED = /^(.+)\.parametrizations\.weight\.(.+)$/;

/** Tables that rows are read from; all others are linear layers. */
const TABLE = /_embeddings$/;

/** The table that is too large for another copy: what a task adds to its rows is computed when they are read. */
const TOKENS = "embeddings.word_embeddings";

export function isJina(tensors: TensorMap): boolean {
  return tensors.has("vision_model.patch_embed.proj.weight");
}

/**
 * Tensors of a Jina-CLIP with EVA's image tower under `visual.` and the text tower's own names after `flash.`, each matrix with what the
 * task adds to it. Raises `checkpoint.missing-tensor` and `checkpoint.shape` where the file has not the adapters that are asked for.
 */
export function fromJina(tensors: TensorMap, adapter?: TaskAdapter): TensorMap {
  const result = new Map<string, NamedTensor>();
  let isAdapted = false;
  for (const [name, tensor] of tensors) {
    const [from, to, change] = RULES.find(([pattern]) => pattern.test(name)) ?? [];
    if (from) result.set(name.replace(from, to!), change ? change(tensor) : tensor);
    const own = TEXT.exec(name)?.[1];
    if (own === undefined) continue;
    const [, layer, part] = PARAMETRIZED.exec(own) ?? [];
    if (layer === undefined) result.set(`flash.${own}`, tensor);
    else if (part === "original") {
      const added = adapter && additionOf(tensors, tensor, TABLE.test(layer), adapter);
      isAdapted ||= added !== undefined;
      for (const [ending, one] of withAddition(layer, tensor, added))
        result.set(`flash.${layer}${ending}`, one);
    }
  }
  if (adapter && !isAdapted) throw noAdapter("text_model.transformer", adapter);
  return result;
}

/** What a task adds to a matrix: `scale` · left · right. */
interface Addition {
  readonly left: NamedTensor;
  readonly right: NamedTensor;
  readonly scale: number;
}

function withAddition(
  layer: string,
  original: NamedTensor,
  added: Addition | undefined,
): readonly (readonly [ending: string, tensor: NamedTensor])[] {
  if (!added) return [[".weight", original]];
  const { left, right, scale } = added;
  if (layer !== TOKENS) return [[".weight", adapted(original, left, right, scale)]];
  return [
    [".weight", original],
    [".weight.in", left],
    [".weight.out", scaled(right, scale)],
  ];
}

/** The two factors of a task's addition: `lora_B` · `lora_A` of a linear layer, `lora_A` · `lora_B` of a table (modeling_lora.py). */
function additionOf(
  tensors: TensorMap,
  original: NamedTensor,
  isTable: boolean,
  adapter: TaskAdapter,
): Addition {
  const { index, tasks, rank, scale } = adapter;
  const [rows, columns, ...more] = original.shape;
  if (rows === undefined || columns === undefined || more.length > 0) {
    const came = `[${original.shape.join(", ")}]`;
    const message = `Expected ${original.name} to have 2 dimensions but received ${came}.`;
    throw new ClipError("checkpoint.shape", message);
  }
  const parts = original.name.replace(/original$/, "0");
  const factor = (which: string, shape: readonly [number, number]): NamedTensor => {
    const all = tensors.get(`${parts}.lora_${which}`);
    if (!all) throw noAdapter(`${parts}.lora_${which}`, adapter);
    return picked(all, index, [tasks, ...shape]);
  };
  const [into, out] = [[rows, rank] as const, [rank, columns] as const];
  return isTable
    ? { left: factor("A", into), right: factor("B", out), scale }
    : { left: factor("B", into), right: factor("A", out), scale };
}

function noAdapter(where: string, { task }: TaskAdapter): ClipError {
  const message = `Expected the weights to hold the adapter for ${task}, which the configuration names (default_lora_task), but there is none at ${where}.`;
  return new ClipError("checkpoint.missing-tensor", message);
}
