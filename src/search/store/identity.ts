import { ClipError } from "../../errors.js";
import type { OpenStoreOptions, StoreModel } from "./store.js";

function words({ name, revision, precision, dim }: StoreModel): string {
  return `${name} (${precision}, revision ${revision.slice(0, 12)}, ${dim} numbers)`;
}

/** The model of a store that is to be made. Raises `search.missing` where none may be made, `search.options` where no model is named. */
export function modelOfNew(
  address: string,
  { model, create = false }: Pick<OpenStoreOptions, "model" | "create">,
): StoreModel {
  if (!create) throw new ClipError("search.missing", `Expected a store at ${address} but there is none.`);
  if (model !== undefined) return model;
  throw new ClipError("search.options", `Expected a model for the new store ${address} but none was given.`);
}

/** Raises `search.model`, with both models' names, where vectors of one can't be compared with those of the other. */
export function checkModel(found: StoreModel, wanted: StoreModel, address: string): void {
  const isSame =
    found.revision === wanted.revision && found.precision === wanted.precision && found.dim === wanted.dim;
  if (isSame) return;
  throw new ClipError(
    "search.model",
    `The store ${address} holds vectors of ${words(found)} but the model is ${words(wanted)}: take the model that made it, or another store.`,
  );
}
