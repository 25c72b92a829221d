/** What the page says to its server: the client that ships with zeroclip. */
export {
  type Classified,
  type ClassifyOptions,
  type Download,
  type Evaluation,
  type EvaluationList,
  type KeyInfo,
  type LabelSet,
  type LabelSetBody,
  type LabelSetInfo,
  type ModelEntry,
  type NewKey,
  type ServerInfo,
  type StoredLabelSet,
  ZeroclipClient,
  ZeroclipError,
} from "../../src/client/index";
