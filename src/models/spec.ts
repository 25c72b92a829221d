/** `quick_gelu`: x·σ(1.702x), all of OpenAI's weights; `gelu`: the exact form; `gelu_tanh`: its tanh approximation; `relu`: max(x, 0); `silu`: x·σ(x). */
export type Activation = "quick_gelu" | "gelu" | "gelu_tanh" | "relu" | "silu";

/** A stack of transformer blocks. */
export interface TransformerSpec {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the blocks' inner layer, 4 × width in all of OpenAI's models. */
  readonly inner: number;
  readonly activation: Activation;
  /** Added to the variance in layer norms. */
  readonly epsilon: number;
}

/** Vision transformer: square patches, a class token, the feature read at that token. */
export interface VitSpec extends TransformerSpec {
  readonly kind: "vit";
  /** Side of the input in pixels; a multiple of `patch`. */
  readonly size: number;
  readonly patch: number;
}

/** CLIP's ResNet: stem of three convolutions, average pools before strides, attention pool at the end. */
export interface ModifiedResNetSpec {
  readonly kind: "modified-resnet";
  /** Side of the input in pixels; a multiple of 32. */
  readonly size: number;
  readonly width: number;
  /** Bottlenecks in each of the four stages. */
  readonly blocks: readonly [number, number, number, number];
  /** Heads of the attention pool. */
  readonly heads: number;
}

/** SigLIP's vision transformer: no class token and no first norm; a learnt probe pools all patches and is the feature. */
export interface PooledVitSpec extends TransformerSpec {
  readonly kind: "pooled-vit";
  /** Side of the input in pixels; what is left over beside whole patches, right and below, is not seen. */
  readonly size: number;
  readonly patch: number;
  /** Patches a side. */
  readonly grid: number;
  /** Width of the inner layer behind the pool. */
  readonly poolInner: number;
}

/**
 * EVA-02's vision transformer (arXiv 2303.11331): a class token that the feature is read at, no first norm, queries and keys turned by
 * their patch's row and column, an inner layer of two gates, and norms before what leads out of attention and inner layer.
 */
export interface EvaVitSpec extends TransformerSpec {
  readonly kind: "eva-vit";
  /** Side of the input in pixels; what is left over beside whole patches, right and below, is not seen. */
  readonly size: number;
  readonly patch: number;
  /** Patches a side. */
  readonly grid: number;
  /** Rows and columns are counted as if there were so many: those that it was trained with first. */
  readonly rotaryGrid: number;
  /** Length of a feature; the width where no matrix follows. */
  readonly dim: number;
  /** What follows the class token. */
  readonly projection: Exclude<Projection, { readonly kind: "mlp" }>;
}

export type ImageSpec = VitSpec | ModifiedResNetSpec | PooledVitSpec | EvaVitSpec;

/** Which token the text feature is read at: that of the largest id, or the first that equals an id. */
export type EndRule = { readonly kind: "largest" } | { readonly kind: "first"; readonly id: number };

/** OpenAI's causal text transformer. */
export interface CausalTextSpec extends TransformerSpec {
  readonly kind: "causal";
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly end: EndRule;
}

/** Pre-norm blocks in which each token sees all others: SigLIP's text tower, and the encoder of NLLB and M2M-100. */
export interface BidirectionalTextSpec extends TransformerSpec {
  readonly kind: "bidirectional";
  readonly vocabulary: number;
  readonly contextLength: number;
  /** Learnt positions, or sines of them; `scale`: what embeddings are multiplied by. */
  readonly positions: { readonly kind: "learnt" } | { readonly kind: "sines"; readonly scale: number };
  /** True where what fills up short rows is not seen. SigLIP sees it. */
  readonly masked: boolean;
  /** Which token the feature is read at. */
  readonly pool: "first" | "last";
  readonly projection: Projection;
}

/** BERT and XLM-RoBERTa: post-norm blocks in which each token sees all others but padding. */
export interface BertTextSpec extends TransformerSpec {
  readonly kind: "bert";
  readonly vocabulary: number;
  readonly contextLength: number;
  /** Rows of the table of positions, and the one that the first token has: 0 in BERT, 2 in RoBERTa. */
  readonly positions: number;
  readonly firstPosition: number;
  /** `first`: the first token; `pooler`: that through BERT's pooler; `mean`: all that is no padding. */
  readonly pool: "first" | "pooler" | "mean";
  readonly projection: Projection;
}

/** XLM-RoBERTa as Jina's models have it: a BERT without positions whose queries and keys are turned by their place; read as the mean of all that is no padding. */
export interface RotaryTextSpec extends TransformerSpec {
  readonly kind: "rotary";
  readonly vocabulary: number;
  readonly contextLength: number;
  /** The wave lengths of the angles go from 2π up to this times 2π. */
  readonly rotaryBase: number;
  /** The task that its matrices were changed for. The table of tokens is not: what is added to it is a product of two. */
  readonly adapter?: TaskAdapter;
  readonly projection: Projection;
}

/** Which of a file's low-rank additions (LoRA, arXiv 2106.09685) a text tower is read with. */
export interface TaskAdapter {
  readonly task: string;
  /** Its place among so many `tasks`. */
  readonly index: number;
  readonly tasks: number;
  /** Columns of the first factor of each addition, and what the product is multiplied by. */
  readonly rank: number;
  readonly scale: number;
}

/** What leads to the common space: one matrix, one with a bias, two with GELU between, or nothing. */
export type Projection =
  | { readonly kind: "none" }
  | { readonly kind: "linear"; readonly bias: boolean }
  | { readonly kind: "mlp"; readonly hidden: number };

export type TextSpec = CausalTextSpec | BidirectionalTextSpec | BertTextSpec | RotaryTextSpec;

/** What the red, green and blue of a pixel become: (x / 255 − mean) / std */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** All that the weights' shapes and a folder's configuration say about a model. */
export interface ClipSpec {
  /** Length of a feature vector. */
  readonly dim: number;
  readonly image: ImageSpec;
  readonly text: TextSpec;
}

/** The original's constants (github.com/openai/CLIP, clip.py, `_transform`). */
export const OPENAI_NORMALISATION: Normalisation = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};
