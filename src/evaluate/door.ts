// What the public door shows of this room, loaded when it is first called: a program that only loads a model starts without it.

/**
 * A model and pictures with all labels that hold for each → slope, offset and a threshold a label. Raises
 * `calibrate.pictures` (fewer than 50 that can be read; no label ever or always holds), `usage.independent` (an ensemble, whose
 * answers are shares), `labels.*`, `aborted`.
 */
export const calibrateIndependent: typeof import("./calibrate-independent.js").calibrateIndependent = async (
  ...given
) => (await import("./calibrate-independent.js")).calibrateIndependent(...given);

/**
 * A model and labelled pictures → its calibration for these labels. The model has to give its own vectors; nothing is
 * stored here. Raises `calibrate.*`, `labels.*`, `aborted`.
 */
export const calibrateModel: typeof import("./calibrate-model.js").calibrateModel = async (...given) =>
  (await import("./calibrate-model.js")).calibrateModel(...given);

/** Captions and the folder of their pictures → what is measured. Raises `evaluate.captions` where there is none. */
export const captionedSet: typeof import("./captions.js").captionedSet = async (...given) =>
  (await import("./captions.js")).captionedSet(...given);

/**
 * Lines `<file> TAB <caption>` or, as in Flickr8k, `<file>#<n> <caption>` and `<file>#<language>#<n> <caption>`. Raises
 * `evaluate.captions` with the number of a line that is neither.
 */
export const readCaptions: typeof import("./captions.js").readCaptions = async (...given) =>
  (await import("./captions.js")).readCaptions(...given);

/**
 * Labelled pictures of any form, told by what is there: a folder with one folder a class, a manifest (.csv, .tsv, .jsonl),
 * CIFAR's binary files, webdataset's archives. Raises `evaluate.*`, and `aborted`.
 */
export const openSet: typeof import("./data/open-set.js").openSet = async (...given) =>
  (await import("./data/open-set.js")).openSet(...given);

/**
 * A list (.csv, .tsv, .jsonl) with a column or field `labels` (`cat|dog`, in JSON a list; none is allowed) → a set. Its
 * labels are those that it names, or with `labels` those of a label set. Raises `evaluate.manifest`, `evaluate.data`,
 * `labels.*`.
 */
export const openTagged: typeof import("./data/tagged-set.js").openTagged = async (...given) =>
  (await import("./data/tagged-set.js")).openTagged(...given);

/**
 * Pictures and their captions → how often each finds the other. Captions of pictures that fail are left out. With a store, a
 * finished result is not measured again, and one that was ended goes on behind its last batch. Raises `evaluate.captions`,
 * `evaluate.run`, `aborted`.
 */
export const evaluateRetrieval: typeof import("./retrieval.js").evaluateRetrieval = async (...given) =>
  (await import("./retrieval.js")).evaluateRetrieval(...given);

/**
 * A labelled set → the accuracy of each template, of all together, and of all weighted by the pictures themselves. Pictures
 * are encoded once. The best template is chosen by these very pictures, which flatters it: an ensemble that is its equal has
 * been found without labels. Raises `labels.*`, `evaluate.*`, `aborted`.
 */
export const tryPrompts: typeof import("./try-prompts.js").tryPrompts = async (...given) =>
  (await import("./try-prompts.js")).tryPrompts(...given);
