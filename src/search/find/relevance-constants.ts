/** log(p / (1 − p)) = intercept + slope · z, z in standard deviations above what has nothing to do with the query. */
export interface Constants {
  readonly intercept: number;
  readonly slope: number;
}

/**
 * Fitted on Flickr8k val with the starter model: `bench/search/relevance.mjs` fits them and measures them on the test split. Not on
 * the training split: the starter's caption head has learned those captions by heart.
 */
export const CONSTANTS: Readonly<Record<"text" | "picture", Constants>> = {
  text: { intercept: -3.642, slope: 0.271 },
  picture: { intercept: -2.719, slope: 0.332 },
};

/** Below this a hit is none: on Flickr8k val nine of ten queries that have an answer among their first 20 keep one. */
export const LEAST_RELEVANCE = 0.061;
