import type { Encoder } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import type { StoreModel } from "../store/store.js";

/**
 * What a store says of a model. Raises `search.options` for an ensemble or a cascade: how near two of its vectors are is no cosine
 * alone.
 */
export function modelOf({ model, needsLabels, comparing }: Encoder): StoreModel {
  if (needsLabels || comparing) {
    throw new ClipError(
      "search.options",
      `Expected one model to search with but received ${model.name}, which is several.`,
    );
  }
  const { name, revision, precision, dim } = model;
  return { name, revision, precision, dim };
}
