/** `quick_gelu`: x·σ(1.702x), all of OpenAI's weights; `gelu`: the exact form; `gelu_tanh`: its tanh approximation. */
export type Activation = "quick_gelu" | "gelu" | "gelu_tanh";

/** A stack of pre-norm transformer blocks. */
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

export type ImageSpec = VitSpec | ModifiedResNetSpec;

/** Which token the text feature is read at: that of the largest id, or the first that equals an id. */
export type EndRule = { readonly kind: "largest" } | { readonly kind: "first"; readonly id: number };

/** Causal text transformer. */
export interface TextSpec extends TransformerSpec {
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly end: EndRule;
}

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
