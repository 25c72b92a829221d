import { ClipError } from "../../errors.js";
import { MemoryStore } from "./memory.js";
import type { Store, StoreModel, VectorEncoding } from "./store.js";

export interface OpenStoreOptions {
  /** The model in use: a store of another one is refused (`search.model`). Needed where one is made. */
  readonly model?: StoreModel;
  /** True: where there is no store yet, one is made. Default false. */
  readonly create?: boolean;
  /** How a store that is made keeps its vectors. Default: `f16` on disk, `f32` in memory. */
  readonly encoding?: VectorEncoding;
  /** The version of zeroclip, written into a store that is made. */
  readonly version: string;
}

/** The model of a store that is to be made. Raises `search.options` where none is named. */
function modelFor(address: string, { model }: OpenStoreOptions): StoreModel {
  if (model !== undefined) return model;
  throw new ClipError("search.options", `Expected a model for the new store ${address} but none was given.`);
}

/**
 * An address → its store: `memory:` (a new one each time). Raises `search.address` where it is no address,
 * `search.missing` where there is no store and none is to be made, `search.model` where it is another model's.
 */
export async function openStore(address: string, options: OpenStoreOptions): Promise<Store> {
  if (address === "memory:") {
    const model = modelFor(address, options);
    return new MemoryStore({ model, encoding: "f32", created: Date.now(), version: options.version });
  }
  throw new ClipError(
    "search.address",
    `Expected memory: as the address of a store but received ${address}.`,
  );
}
