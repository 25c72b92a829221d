// The door for browsers: what the package's main door offers where a page can have it, by the same names.
import "./dispose.js";

export type { AnswerAllOptions, ClassifyOptions, Clip } from "../answering.js";
export type {
  BatchSize,
  EncodedImage,
  EncodeImagesOptions,
  EncodeProgress,
  Encoder,
  EncodeTextsOptions,
  LoadProgress,
  ModelInfo,
  Warning,
} from "../encoder.js";
export { ClipError, type ErrorCode, orThrow } from "../errors.js";
export type { ImageInput, RawPixels } from "../image/input.js";
export type { ImageOptions } from "../image/options.js";
export type { Views } from "../image/views.js";
export { dot } from "../math/dot.js";
export type { Embedding } from "../math/unit.js";
export type { Answer, Answerer, AnswerOptions } from "../zeroshot/confidence/answer.js";
export { composeTemplates } from "../zeroshot/domains.js";
export { labelSet } from "../zeroshot/label-sets.js";
export { type Prediction, predict } from "../zeroshot/predict.js";
export type { LabelInput } from "../zeroshot/prompts.js";
export type { WeightsOptions, ZeroShotWeights } from "../zeroshot/weights.js";
export { clearModels, type KeptFile, type KeptModel, storedModels } from "./kept.js";
export { loadClip, type WebLoadOptions } from "./load.js";
export type { WebClip } from "./remote-clip.js";
export type { WebImageInput } from "./sendable.js";
