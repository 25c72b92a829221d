import { ClipError } from "../errors.js";
import type { DeriveOptions } from "./derive-options.js";
import { evenHeads, headsOf, type Shapes, unsaidRotation } from "./shapes.js";
import type { ClipSpec, Projection } from "./spec.js";

/** BERT's and XLM-RoBERTa's layer norms where a folder says nothing else (transformers, configuration_bert.py). */
const BERT_EPSILON = 1e-12;

/** Reads the sizes of a BERT under the names `bert.*` off its tensors. */
export function bertSpec(shapes: Shapes, options: DeriveOptions): Pick<ClipSpec, "text" | "dim"> {
  const [vocabulary, width] = shapes.of("bert.embeddings.word_embeddings.weight", 2);
  const [positions] = shapes.of("bert.embeddings.position_embeddings.weight", 2);
  const { pool = "first", firstPosition = 0, contextLength } = options.textTower ?? {};
  if (pool === "last") {
    const message =
      "Expected a BERT that is read at its first token, by its pooler or as a mean but the folder says last.";
    throw new ClipError("model.unsupported", message);
  }
  const room = positions - firstPosition;
  const most = Math.min(contextLength ?? room, room);
  if (most < 2) {
    const message = `Expected positions for at least 2 tokens from ${firstPosition} on but the weights have ${positions}.`;
    throw new ClipError("checkpoint.shape", message);
  }
  const { projection, dim } = projectionOf(shapes, width);
  return {
    dim,
    text: {
      kind: "bert",
      vocabulary,
      width,
      positions,
      firstPosition,
      contextLength: most,
      layers: shapes.count(
        /^bert\.encoder\.layer\.(\d+)\./,
        "bert.encoder.layer.0.attention.self.query.weight",
      ),
      heads: headsOf(width, options.textHeads, "text"),
      inner: shapes.of("bert.encoder.layer.0.intermediate.dense.weight", 2)[0],
      activation: options.activation ?? "gelu",
      epsilon: options.textEpsilon ?? BERT_EPSILON,
      pool,
      projection,
    },
  };
}

/** Reads the sizes of SigLIP's text tower, or of NLLB's encoder (which has no table of positions), off its tensors. */
export function bidirectionalSpec(shapes: Shapes, options: DeriveOptions): Pick<ClipSpec, "text" | "dim"> {
  const [vocabulary, width] = shapes.of("token_embedding.weight", 2);
  const { pool = "last", scales = false, contextLength } = options.textTower ?? {};
  if (pool !== "first" && pool !== "last") {
    const message = `Expected a text tower that is read at its first or last token but the folder says ${pool}.`;
    throw new ClipError("model.unsupported", message);
  }
  const learnt = shapes.tensors.has("positional_embedding");
  const room = learnt ? shapes.of("positional_embedding", 2)[0] : MOST_SINES;
  const { projection, dim } = projectionOf(shapes, width);
  return {
    dim,
    text: {
      kind: "bidirectional",
      vocabulary,
      width,
      contextLength: learnt ? room : Math.min(contextLength ?? room, room),
      layers: shapes.count(/^transformer\.resblocks\.(\d+)\./, "transformer.resblocks.0.attn.in_proj_weight"),
      heads: headsOf(width, options.textHeads, "text"),
      inner: shapes.of("transformer.resblocks.0.mlp.c_fc.weight", 2)[0],
      activation: options.activation ?? (learnt ? "gelu_tanh" : "relu"),
      epsilon: options.textEpsilon ?? 1e-5,
      positions: learnt ? { kind: "learnt" } : { kind: "sines", scale: scales ? Math.sqrt(width) : 1 },
      masked: !learnt,
      pool,
      projection,
    },
  };
}

/** Sines are computed for so many tokens at most: M2M-100's `max_position_embeddings`. */
const MOST_SINES = 1024;

/** Reads the sizes of an XLM-RoBERTa whose queries and keys are turned (names `flash.*`) off its tensors. */
export function rotarySpec(shapes: Shapes, options: DeriveOptions): Pick<ClipSpec, "text" | "dim"> {
  const [vocabulary, width] = shapes.of("flash.embeddings.word_embeddings.weight", 2);
  const { rotaryBase, contextLength, adapter } = options.textTower ?? {};
  if (rotaryBase === undefined || contextLength === undefined) throw unsaidRotation("texts");
  const { projection, dim } = projectionOf(shapes, width);
  return {
    dim,
    text: {
      kind: "rotary",
      vocabulary,
      width,
      contextLength,
      layers: shapes.count(/^flash\.encoder\.layers\.(\d+)\./, "flash.encoder.layers.0.mixer.Wqkv.weight"),
      heads: evenHeads(headsOf(width, options.textHeads, "text"), width, 2, "text"),
      inner: shapes.of("flash.encoder.layers.0.mlp.fc1.weight", 2)[0],
      activation: options.activation ?? "gelu",
      epsilon: options.textEpsilon ?? 1e-5,
      rotaryBase,
      ...(adapter ? { adapter } : {}),
      projection,
    },
  };
}

function projectionOf(shapes: Shapes, width: number): { projection: Projection; dim: number } {
  const { tensors } = shapes;
  if (tensors.has("text_projection.0")) {
    const dim = shapes.of("text_projection.2", 2)[1];
    return { projection: { kind: "mlp", hidden: shapes.of("text_projection.0", 2)[1] }, dim };
  }
  if (!tensors.has("text_projection")) return { projection: { kind: "none" }, dim: width };
  const dim = shapes.of("text_projection", 2)[1];
  return { projection: { kind: "linear", bias: tensors.has("text_projection.bias") }, dim };
}
