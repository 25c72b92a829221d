// What the public door shows of this room, loaded when it is first called: a program that only loads a model starts without it.

/**
 * Models (names, ids, paths, files of ensembles) × labelled sets × views × prompts → accuracy with intervals, calibration, speed,
 * and paired tests; one model is open at a time. Raises what opening a model raises (unless `onFailure` takes it),
 * `evaluate.*`, `labels.*`, `aborted`.
 */
export const evaluateModels: typeof import("./evaluate-models.js").evaluateModels = async (...given) =>
  (await import("./evaluate-models.js")).evaluateModels(...given);

/** An evaluation as one HTML file that loads nothing: charts, confusions, galleries. Raises `evaluate.report`, `aborted`. */
export const saveReport: typeof import("./evaluate-models.js").saveReport = async (...given) =>
  (await import("./evaluate-models.js")).saveReport(...given);

/**
 * Models and labelled pictures → an ensemble or a cascade, fitted on all of them and measured on halves. One model is open at
 * a time. Raises `usage.ensemble`, `calibrate.*`, `labels.*`, `aborted`, and what opening a model raises.
 */
export const fitEnsemble: typeof import("./fit-ensemble.js").fitEnsemble = async (...given) =>
  (await import("./fit-ensemble.js")).fitEnsemble(...given);

/** Writes what was fitted as a file that `openClassifier` and the commands take for a model. Raises `model.ensemble`. */
export const saveEnsemble: typeof import("./fit-ensemble.js").saveEnsemble = async (...given) =>
  (await import("./fit-ensemble.js")).saveEnsemble(...given);
