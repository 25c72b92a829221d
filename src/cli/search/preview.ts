import { ClipError } from "../../errors.js";
import { preview } from "../../image/recode.js";
import type { Hit } from "../../search/find/hits.js";
import type { Store } from "../../search/store/store.js";
import type { Shown } from "./words.js";

/**
 * A small picture of a hit: of its file or, where that can't be read (it is gone, in a video, on another machine), what the store
 * kept; undefined where there is neither.
 */
export async function previewOf(
  store: Store,
  hit: Hit,
  side: number,
  format: "jpeg" | "png",
  { image }: Shown,
): Promise<Uint8Array | undefined> {
  const small = (input: string | Uint8Array): Promise<Uint8Array | undefined> =>
    preview(input, side, format, image).catch((error: unknown) => {
      if (error instanceof ClipError) return undefined;
      throw error;
    });
  const own = hit.time === null && !hit.path.includes("://") ? await small(hit.path) : undefined;
  if (own) return own;
  const [row] = await store.get([hit.id], ["thumbnail"]);
  return row?.thumbnail ? small(row.thumbnail) : undefined;
}
