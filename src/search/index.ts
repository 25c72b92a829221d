// What `zeroclip/search` gives: pictures of folders in a store, and stores.
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
