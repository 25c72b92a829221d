/** A decoded picture, upright when EXIF was applied. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** RGB bytes [height, width, 3], 0..255 */
  readonly data: Uint8Array;
}
