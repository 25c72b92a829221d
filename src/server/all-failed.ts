import { ClipError } from "../errors.js";
import type { Classified } from "./wire/classify.js";
import type { ClassifiedShape, DrawnShapeEntry } from "./wire/points.js";

/** No picture or shape of a request could be read: the first one's error, with those of all. */
export class AllFailed extends ClipError {
  constructor(
    first: ClipError,
    readonly results: readonly Classified[] | readonly ClassifiedShape[] | readonly DrawnShapeEntry[],
  ) {
    super(first.code, first.message, { cause: first });
  }
}
