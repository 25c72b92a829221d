import type { Graph } from "../graph/types.js";
import { buildBertText } from "./bert-text.js";
import { buildBidirectionalText } from "./bidirectional-text.js";
import type { TextTower } from "./manifest.js";
import { buildRotaryText } from "./rotary-text.js";
import type { TextSpec } from "./spec.js";
import { buildText } from "./text.js";
import type { Weights } from "./weights.js";

/** A text tower of any kind as a graph: token ids → `features` f32 [n, dim]. */
export function buildTextTower(spec: TextSpec, dim: number, weights: Weights): Graph {
  if (spec.kind === "causal") return buildText(spec, dim, weights);
  if (spec.kind === "bert") return buildBertText(spec, dim, weights);
  if (spec.kind === "rotary") return buildRotaryText(spec, dim, weights);
  return buildBidirectionalText(spec, dim, weights);
}

/** Its inputs: only of a causal one can the beginning be computed once, and only one that masks takes a mask. */
export function textInputs(spec: TextSpec): Pick<TextTower, "idsInput" | "prefixInput" | "maskInput"> {
  if (spec.kind === "causal") return { idsInput: "input_ids", prefixInput: "prefix_ids" };
  const masked = spec.kind !== "bidirectional" || spec.masked;
  return { idsInput: "input_ids", ...(masked ? { maskInput: "attention_mask" } : {}) };
}
