import type { Activation, EndRule, TaskAdapter } from "./spec.js";

/** What shapes don't show; the original's values stand where nothing is given. */
export interface DeriveOptions {
  readonly activation?: Activation;
  readonly imageActivation?: Activation;
  readonly imageHeads?: number;
  readonly textHeads?: number;
  readonly imageEpsilon?: number;
  readonly textEpsilon?: number;
  readonly end?: EndRule;
  /** Of a text tower that is no causal one. */
  readonly textTower?: TextTowerOptions;
  /** Side of pictures where it is not the patches'. */
  readonly imageSize?: number;
  /** Patches a side that the rows and columns of EVA's image tower are counted by. */
  readonly rotaryGrid?: number;
}

/** What shapes don't show of text towers that are not OpenAI's. */
interface TextTowerOptions {
  /** Most tokens of a text, where that is not all that there are positions for. */
  readonly contextLength?: number;
  readonly pool?: "first" | "pooler" | "mean" | "last";
  /** RoBERTa counts positions from behind the padding token's id. */
  readonly firstPosition?: number;
  /** True where embeddings are multiplied by √width, as NLLB's are. */
  readonly scales?: boolean;
  /** Of a tower whose queries and keys are turned by their place. */
  readonly rotaryBase?: number;
  readonly adapter?: TaskAdapter;
}
