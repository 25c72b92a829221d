import type { ImageOptions } from "./options.js";
import type { Picture } from "./pixels.js";

/** A picture of a DICOM file; one that is a JPEG inside is decoded as such. Raises `image.dicom` and what `decodeJpeg` does. */
export async function decodeDicom(
  bytes: Uint8Array,
  options: ImageOptions,
  decodeJpeg: (bytes: Uint8Array, options: ImageOptions) => Promise<Picture>,
): Promise<Picture> {
  const { readDicom } = await import("./dicom.js");
  const found = await readDicom(bytes, options);
  if (!("jpeg" in found)) return found;
  const picture = await decodeJpeg(found.jpeg, options);
  if (found.isInverted && picture.mode === "L") return { ...picture, data: picture.data.map((x) => 255 - x) };
  return picture;
}
