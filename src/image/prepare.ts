import { decode } from "./decode.js";
import { factsOf } from "./facts.js";
import { type Codec, type PictureJob, type PreparedPicture, prepareWith } from "./prepare-with.js";

export type { PictureJob, PreparedPicture } from "./prepare-with.js";

const SHARP: Codec = { decode, facts: factsOf };

/** Picture → its squares, and what is asked for beside, decoded by sharp. Raises `image.*`. */
export function preparePicture(job: PictureJob): Promise<PreparedPicture> {
  return prepareWith(SHARP, job);
}
