export type { Advice, AdviseOptions } from "./advise/advise.js";
export type { Budget } from "./advise/candidate.js";
export type { CompanyCost } from "./advise/cost/company.js";
export { advise, companyCost, loadOptimal } from "./advise/door.js";
export type { OptimalClip, OptimalOptions } from "./advise/load-optimal.js";
export type { AlignFigures, AlignProgress } from "./align/align.js";
export type { AlignedModel, AlignLanguageOptions } from "./align/aligned-model.js";
export { alignLanguage } from "./align/door.js";
export type { TextPair } from "./align/pairs.js";
export type { CacheOptions } from "./cache/options.js";
export { saveCalibration } from "./calibration-store.js";
export {
  type AnswerAllOptions,
  type ClassifyOptions,
  type Clip,
  type LoadOptions,
  loadClip,
} from "./clip.js";
export type {
  BatchSize,
  EncodedImage,
  EncodeImagesOptions,
  EncodeProgress,
  Encoder,
  EncodeTextsOptions,
  ModelInfo,
  Warning,
} from "./encoder.js";
export { cascade, ensemble, openClassifier } from "./ensemble/door.js";
export type { MemberMemory } from "./ensemble/members.js";
export type { CascadeOptions, EnsembleLoadOptions, EnsembleOptions } from "./ensemble/open.js";
export { ClipError, type ErrorCode, orThrow } from "./errors.js";
export type {
  CalibrateIndependentOptions,
  IndependentCalibration,
} from "./evaluate/calibrate-independent.js";
export type { CalibrateModelOptions, ModelCalibration } from "./evaluate/calibrate-model.js";
export type { Caption, CaptionedSet } from "./evaluate/captions.js";
export type { LabelledSet } from "./evaluate/data/labelled-set.js";
export type { TaggedSet } from "./evaluate/data/tagged-set.js";
export {
  calibrateIndependent,
  calibrateModel,
  captionedSet,
  evaluateRetrieval,
  openSet,
  openTagged,
  readCaptions,
  tryPrompts,
} from "./evaluate/door.js";
export type { Cell } from "./evaluate/grid/cell.js";
export type { Comparison } from "./evaluate/grid/compare.js";
export type { PromptChoice } from "./evaluate/grid/grid.js";
export type { Variant } from "./evaluate/grid/variant.js";
export type { LabelledClass } from "./evaluate/labelled-folder.js";
export type { RetrievalOptions, RetrievalResult } from "./evaluate/retrieval.js";
export type { PromptTrial, TryOptions } from "./evaluate/try-prompts.js";
export type { Adapter, AdapterModel } from "./fewshot/adapter.js";
export { readAdapter, writeAdapter } from "./fewshot/adapter-file.js";
export { withAdapter } from "./fewshot/clip.js";
export { type FewshotOptions, fewshot, type Learnt } from "./fewshot/door.js";
export type { FindOptions, LoadProgress } from "./find-model.js";
export type { BrowserFiles, BrowserFilesOptions } from "./host/browser-files.js";
export { writeBrowserFiles } from "./host/door.js";
export type { FetchOptions } from "./image/guarded-fetch.js";
export type { ImageOptions } from "./image/options.js";
export { expandInputs, type ImageInput, type RawPixels } from "./image/sources.js";
export type { Views } from "./image/views.js";
export { live } from "./live/door.js";
export type { LiveEvent } from "./live/events.js";
export type { LiveDone, LiveFrame, LiveItem, LiveOptions, LiveRun, TimedImage } from "./live/run.js";
export { dot } from "./math/dot.js";
export type { Embedding } from "./math/unit.js";
export { evaluateModels, fitEnsemble, saveEnsemble, saveReport } from "./measure/door.js";
export type { EvaluateModelsOptions, Evaluation } from "./measure/evaluate-models.js";
export type { FitEnsembleOptions, FittedModels } from "./measure/fit-ensemble.js";
export type { FeatureFigures, GateFigures, QuantizationRecord } from "./models/manifest.js";
export type { ClassifyShapesOptions } from "./points/classify.js";
export {
  classifyShapes,
  encodeShapes,
  fitViewWeights,
  generateShapes,
  labelScene,
  makeShape,
  readShape,
  renderViews,
} from "./points/door.js";
export type { ShapeInput } from "./points/draw.js";
export type { EncodedShape, EncodeShapesOptions } from "./points/encode.js";
export type { GenerateOptions } from "./points/generate/folder.js";
export type { MakeOptions } from "./points/generate/generate.js";
export type { ReadShapeOptions } from "./points/read/read.js";
export type { LabelledScene, LabelSceneOptions } from "./points/scene/label.js";
export type { Shape, ShapeWarning } from "./points/shape.js";
export type { ShapeView, ViewOptions } from "./points/view/render.js";
export type { LabelledViews, ViewWeights } from "./points/weights.js";
export { quantize } from "./quantize/door.js";
export type { GateBounds } from "./quantize/gate.js";
export type { QuantizedModel, QuantizeOptions, QuantizeProgress } from "./quantize/quantize.js";
export {
  type RobustModelOptions,
  robustness,
  type TrainRobustOptions,
  trainRobust,
} from "./robust/door.js";
export type { Robustness, RobustOptions } from "./robust/robust.js";
export type { TrainSettings } from "./robust/train/options.js";
export type { TrainedModel } from "./robust/train/train-model.js";
export { type Device, type DeviceName, listDevices } from "./runtime/devices.js";
export { openStore, quickStore, searchStore } from "./search/door.js";
export { type FilterWords, filterOf } from "./search/find/filters.js";
export type { Hit } from "./search/find/hits.js";
export type { SearchOptions } from "./search/find/options.js";
export { parseQuery } from "./search/find/parse.js";
export type { Crop, PicturePart, QueryPart, RowPart, TextPart } from "./search/find/query.js";
export type { SearchResult } from "./search/find/search.js";
export type { QuickOptions, QuickStore } from "./search/quick/quick-store.js";
export type { Row } from "./search/row.js";
export type { Filter } from "./search/store/filter.js";
export type { Match, OpenStoreOptions, Store, StoreModel } from "./search/store/store.js";
export type { AbstainScore } from "./zeroshot/confidence/abstain.js";
export type { Answer, Answerer, AnswerOptions, CalibrationSource } from "./zeroshot/confidence/answer.js";
export type { Calibration } from "./zeroshot/confidence/calibration.js";
export {
  fitIndependent,
  type IndependentLabels,
  type IndependentPrediction,
  judgeIndependently,
  type MultiLabelScores,
} from "./zeroshot/confidence/independent.js";
export type { CalibrationRecord } from "./zeroshot/confidence/record.js";
export { composeTemplates } from "./zeroshot/domains.js";
export { labelsAt, predictionsAt } from "./zeroshot/hierarchy.js";
export type { LabelSet, SetLabel } from "./zeroshot/label.js";
export { parseLabelSet } from "./zeroshot/label-file/parse.js";
export { labelSet } from "./zeroshot/label-sets.js";
export { type Prediction, predict } from "./zeroshot/predict.js";
export type { LabelInput } from "./zeroshot/prompts.js";
export { type WeighedTemplates, weighTemplates } from "./zeroshot/template-weights.js";
export {
  extendWeights,
  type WeightsOptions,
  type ZeroShotWeights,
  zeroShotWeights,
} from "./zeroshot/weights.js";
