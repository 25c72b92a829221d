// What the public door shows of this room, loaded when it is first called: a program that only loads a model starts without it.

/**
 * Rows of a store that fit a query (as it is typed, or its parts), a page at a time. Raises `search.query`, `search.like`,
 * `search.cursor`, `search.options`, `search.filter`, `search.model` where the encoder is not the one that made the store, what the
 * encoder raises, and what the store raises.
 */
export const searchStore: typeof import("./find/search.js").searchStore = async (...given) =>
  (await import("./find/search.js")).searchStore(...given);

/** A store → the same with an index in memory. Raises `search.native`, `search.memory`, `aborted`, and as the store does. */
export const quickStore: typeof import("./quick/quick-store.js").quickStore = async (...given) =>
  (await import("./quick/quick-store.js")).quickStore(...given);

/**
 * An address → its store: `memory:` (a new one each time), the path of a folder (LanceDB), or `milvus://host:port/collection`.
 * Raises `search.address` where it is none, `search.missing` where there is no store and none is to be made, `search.model` where
 * another model made it, `search.native` where LanceDB can't be loaded, `search.store` where a server does not answer,
 * `search.corrupt`, `search.busy` and `search.disk`.
 */
export const openStore: typeof import("./store/open.js").openStore = async (...given) =>
  (await import("./store/open.js")).openStore(...given);
