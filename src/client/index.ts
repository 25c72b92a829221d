/** `zeroclip/client`: a server's API from browsers and Node. */
export type {
  Collection,
  CollectionInfo,
  DuplicateGroupEntry as DuplicateGroup,
  DuplicatesResponse,
  PictureMap,
  PictureMapRunning,
  RestoredResponse,
  TrashBody,
  TrashedResponse,
} from "../server/wire/assets.js";
export type { Classified, ClassifyResponse } from "../server/wire/classify.js";
export type { Examples, ExamplesAdded } from "../server/wire/examples.js";
export type {
  LabelBody,
  LabelSetBody,
  LabelSetInfo,
  LabelSetPatch,
  WireLabelSet as LabelSet,
} from "../server/wire/labels.js";
export type {
  Download,
  Evaluation,
  EvaluationBody,
  EvaluationList,
  KeyBody,
  KeyInfo,
  NewKey,
} from "../server/wire/manage.js";
export type { ModelEntry, SimilarityResponse } from "../server/wire/models.js";
export type {
  ClassifiedShape,
  DrawnShapeEntry as DrawnShape,
  ShapeOutline,
  ShapesResponse,
  ViewsResponse,
} from "../server/wire/points.js";
export type {
  ProductBody,
  ProductChanges,
  ProductEntry as Product,
  ProductList,
  ProductPut,
  RecogniseResponse,
  Recommended,
  RecommendRequest,
  RecommendResponse,
} from "../server/wire/products.js";
export type {
  Database,
  Hit,
  SearchFilter,
  SearchRequest,
  SearchResponse,
  StoredPicture,
  Uploaded,
  UploadResponse,
} from "../server/wire/search.js";
export type { ServerInfo } from "../server/wire/server-info.js";
export type { CallOptions, ClientOptions } from "./ask.js";
export {
  type ClassifyCall,
  type ClassifyOptions,
  type EmbedCall,
  type Embedded,
  type SearchCall,
  type SimilarityCall,
  ZeroclipClient,
} from "./client.js";
export type { Databases, DuplicatesOptions, StoredCollection } from "./databases.js";
export { ZeroclipError } from "./error.js";
export type { ExamplesOptions, LabelSets, ReadOptions, StoredLabelSet, WriteOptions } from "./label-sets.js";
export type { Downloads, Evaluations, Keys } from "./manage.js";
export type { ClientPicture, NamedPicture } from "./pictures.js";
export type { ClientShape, Points, ShapesCall, ViewsCall } from "./points.js";
export type {
  CatalogueOptions,
  ChangesOptions,
  ProductCall,
  ProductListOptions,
  Products,
  RecogniseCall,
} from "./products.js";
