// What the public door shows of this room, loaded when it is first called: a program that only loads a model starts without it.

/** Several models that answer as one. Raises `usage.ensemble` and what `loadClip` raises. */
export const ensemble: typeof import("./open.js").ensemble = async (...given) =>
  (await import("./open.js")).ensemble(...given);

/** Models in order of cost: each answers where it is sure enough, else the next. Raises `usage.ensemble` and what `loadClip` raises. */
export const cascade: typeof import("./open.js").cascade = async (...given) =>
  (await import("./open.js")).cascade(...given);

/** A model, or a file of `zeroclip ensemble fit`. Raises `model.ensemble`, `usage.ensemble` and what `loadClip` raises. */
export const openClassifier: typeof import("./open.js").openClassifier = async (...given) =>
  (await import("./open.js")).openClassifier(...given);
