export type { CacheOptions } from "./cache/options.js";
export { type ClassifyOptions, type Clip, type LoadOptions, loadClip } from "./clip.js";
export type {
  EncodedImage,
  EncodeImagesOptions,
  EncodeProgress,
  Encoder,
  EncodeTextsOptions,
  ModelInfo,
  Warning,
} from "./encoder.js";
export { ClipError, type ErrorCode, orThrow } from "./errors.js";
export type { LabelledClass } from "./evaluate/labelled-folder.js";
export type { FindOptions, LoadProgress } from "./find-model.js";
export type { FetchOptions } from "./image/guarded-fetch.js";
export type { ImageOptions } from "./image/options.js";
export type { Views } from "./image/preprocess.js";
export { expandInputs, type ImageInput, type RawPixels } from "./image/sources.js";
export { dot } from "./math/dot.js";
export type { Embedding } from "./math/unit.js";
export type { FeatureFigures, GateFigures, QuantizationRecord } from "./models/manifest.js";
export type { GateBounds } from "./quantize/gate.js";
export {
  type QuantizedModel,
  type QuantizeOptions,
  type QuantizeProgress,
  quantize,
} from "./quantize/quantize.js";
export { type Device, type DeviceName, listDevices } from "./runtime/devices.js";
export { type Prediction, predict } from "./zeroshot/predict.js";
export { type ZeroShotWeights, zeroShotWeights } from "./zeroshot/weights.js";
