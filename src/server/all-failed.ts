import { ClipError } from "../errors.js";
import type { Classified } from "./wire/classify.js";

/** No picture of a request could be read: the first one's error, with those of all. */
export class AllFailed extends ClipError {
  constructor(
    first: ClipError,
    readonly results: readonly Classified[],
  ) {
    super(first.code, first.message, { cause: first });
  }
}
