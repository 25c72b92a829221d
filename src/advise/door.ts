// What the public door shows of this room, loaded when it is first called: a program that only loads a model starts without it.

/**
 * Which model, precision, batch and views to take on this machine, and why not the others. Measures what is here (seconds,
 * remembered), estimates what is not. Raises `advise.*`, `evaluate.*` (what is wrong with `data`), `model.*` (a further
 * model that isn't here), `runtime.device`, `aborted`.
 */
export const advise: typeof import("./advise.js").advise = async (...given) =>
  (await import("./advise.js")).advise(...given);

/**
 * The text of a company's file, YAML or JSON, → what zero-shot, labelling by hand and an own classifier cost and bring
 * (docs/cost.md). `name` is the file's, for messages. A figure of the model that the file leaves open is measured or estimated on
 * this machine. Raises `advise.file`, and what measuring raises.
 */
export const companyCost: typeof import("./cost/company.js").companyCost = async (...given) =>
  (await import("./cost/company.js")).companyCost(...given);

/**
 * The model that `zeroclip advise` would name, loaded: downloaded first where it isn't here, unless `offline`, which
 * chooses among what is. With a limit or data the machine is measured first (seconds; remembered under `home`). Raises
 * `advise.nothing-fits` with what is nearest, and all that `loadClip` raises.
 */
export const loadOptimal: typeof import("./load-optimal.js").loadOptimal = async (...given) =>
  (await import("./load-optimal.js")).loadOptimal(...given);
