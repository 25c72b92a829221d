/** `zeroclip/client`: a server's API from browsers and Node. */
export type { Classified, ClassifyResponse } from "../server/wire/classify.js";
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
export type { ServerInfo } from "../server/wire/server-info.js";
export type { CallOptions, ClientOptions } from "./ask.js";
export {
  type ClassifyCall,
  type ClassifyOptions,
  type EmbedCall,
  type Embedded,
  type SimilarityCall,
  ZeroclipClient,
} from "./client.js";
export { ZeroclipError } from "./error.js";
export type { LabelSets, ReadOptions, StoredLabelSet, WriteOptions } from "./label-sets.js";
export type { Downloads, Evaluations, Keys } from "./manage.js";
export type { ClientPicture, NamedPicture } from "./pictures.js";
