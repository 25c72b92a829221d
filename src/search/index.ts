// What `zeroclip/search` gives: pictures of folders in a store, stores, and what is done with them.
export { type Cluster, type Clustering, type ClusterOptions, clusterStore } from "./assets/clusters.js";
export {
  type Copy,
  type DuplicateGroup,
  type DuplicateOptions,
  findDuplicates,
} from "./assets/duplicates.js";
export { duplicatesPage } from "./assets/duplicates-page.js";
export { DEFAULT_RULE, type Tag, type TagRule } from "./assets/judge.js";
export { type Layout, type LayoutOptions, layOut } from "./assets/layout.js";
export { type MapData, mapData, mapPage } from "./assets/map-page.js";
export { findOutliers, type Listed, type ListOptions } from "./assets/outliers.js";
export { type PromptPair, qualityOf, sortByQuality } from "./assets/quality.js";
export { type SidecarNames, writeSidecar } from "./assets/sidecar.js";
export { type TaggedRow, type TagOptions, tagStore } from "./assets/tag.js";
export {
  type Restored,
  type Trashed,
  type TrashOptions,
  trashDuplicates,
  undoTrash,
} from "./assets/trash.js";
export { toHtml, toMarkdown } from "./education/export.js";
export { type Passage, passagesOf } from "./education/passages.js";
export { type Suggestion, type SuggestOptions, suggestPictures } from "./education/suggest.js";
export { type ExportOptions, exportRows } from "./exchange/export.js";
export { type ImportOptions, importRows } from "./exchange/import.js";
export { type IndexOptions, type IndexProgress, indexFolders } from "./ingest/index-folders.js";
export { modelOf } from "./ingest/model.js";
export type { IndexFailure, IndexReport } from "./ingest/report.js";
export { type VerifyOptions, type VerifyReport, verifyFiles } from "./ingest/verify.js";
export { type WatchOptions, watchFolders } from "./ingest/watch.js";
export type { ObjectOptions } from "./objects/objects.js";
export { type CoordinateOptions, indexByQueue } from "./queue/coordinate.js";
export { type DeadLetter, deadLetters, replayDead } from "./queue/dead.js";
export { type WorkEvent, type WorkOptions, work } from "./queue/work.js";
export { Catalogue, type Evidence } from "./retail/catalogue.js";
export { recognitionFigures, recommendationFigures } from "./retail/evaluate.js";
export { fitFusion, type LabelledEvidence } from "./retail/fit.js";
export { DEFAULT_FUSION, type Fusion, type Recognised, recognise } from "./retail/fusion.js";
export type { Change as CatalogueChange } from "./retail/log.js";
export type { Product } from "./retail/product.js";
export { readProducts } from "./retail/read-products.js";
export {
  completeLook,
  forLiked,
  type Liked,
  type LookRules,
  type ProductFilter,
  type Recommended,
  type RecommendOptions,
  similarProducts,
} from "./retail/recommend.js";
export { type Column, type Facts, type Row, rowId } from "./row.js";
export type { Filter, Range } from "./store/filter.js";
export { openStore } from "./store/open.js";
export type {
  Match,
  NearestOptions,
  OpenStoreOptions,
  ScanOptions,
  Store,
  StoreIdentity,
  StoreModel,
  StoreStats,
  VectorEncoding,
} from "./store/store.js";
