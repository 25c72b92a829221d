import type { ImageOptions } from "../../image/options.js";
import { asJpeg, shrunk } from "../../image/recode.js";
import type { LabelledPicture } from "../data/labelled-set.js";

/** How pictures are made worse before a model sees them: fewer pixels, or a poorer JPEG. */
export type Variant = { readonly resolution: number } | { readonly quality: number };

/** Pictures → the same, made worse when they are opened. */
export function worsened(
  pictures: readonly LabelledPicture[],
  variant: Variant | undefined,
  options: ImageOptions,
): readonly LabelledPicture[] {
  if (variant === undefined) return pictures;
  return pictures.map(({ name, truth, open }) => ({
    name,
    truth,
    open: async () =>
      "resolution" in variant
        ? shrunk(await open(), variant.resolution, options)
        : asJpeg(await open(), variant.quality, options),
  }));
}
