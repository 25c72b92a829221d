import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import { type FailedImage, unreadable } from "../evaluate/collect.js";
import type { LabelledPicture, LabelledSet } from "../evaluate/data/labelled-set.js";
import { type ImageOptions, imageOptions } from "../image/options.js";
import { preparePicture } from "../image/prepare.js";
import type { Preprocessing } from "../image/preprocessing.js";
import { type ImageInput, readInput } from "../image/sources.js";
import { sample } from "../math/random.js";

/** Labelled squares as a tower reads them. */
export interface Squares {
  /** u8 [size, size, 3] each */
  readonly squares: readonly Uint8Array[];
  /** Positions of their labels. */
  readonly truth: readonly number[];
  readonly names: readonly string[];
  readonly failed: readonly FailedImage[];
}

export interface ReadOptions {
  /** Most pictures, drawn by the seed; default all. */
  readonly pictures?: number | undefined;
  readonly seed: number;
  readonly image?: Partial<ImageOptions>;
  /** What is done to each before it is cut: another resolution, for example. */
  readonly worse?: (input: ImageInput, options: ImageOptions) => Promise<ImageInput>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Squares that are held in memory: of 336 × 336 pixels 3.4 GB. */
export const MOST_SQUARES = 10_000;

/** Pictures of a set that are used, drawn by the seed. Raises `robust.pictures` for more than memory holds. */
export function drawn(
  set: LabelledSet,
  { pictures, seed }: Pick<ReadOptions, "pictures" | "seed">,
): readonly LabelledPicture[] {
  const chosen = sample(set.pictures, pictures ?? set.pictures.length, seed);
  if (chosen.length <= MOST_SQUARES) return chosen;
  const message = `Expected at most ${MOST_SQUARES} pictures at once but ${set.name} has ${chosen.length}: ask for fewer.`;
  throw new ClipError("robust.pictures", message);
}

/** Pictures → the squares in their middle. Raises `evaluate.data` where none can be read, `aborted`. */
export async function readSquares(
  set: LabelledSet,
  pictures: readonly LabelledPicture[],
  preprocessing: Preprocessing,
  { image, worse, signal, onProgress }: Omit<ReadOptions, "pictures" | "seed">,
): Promise<Squares> {
  const options = imageOptions(image);
  const found: { square: Uint8Array; truth: number; name: string }[] = [];
  const failed: FailedImage[] = [];
  for (const [i, { name, truth, open }] of pictures.entries()) {
    throwIfAborted(signal);
    try {
      const input = worse ? await worse(await open(), options) : await open();
      const source = await readInput(input, options);
      const { squares } = await preparePicture({ source, preprocessing, options, views: "center" });
      found.push({ square: squares[0]!, truth, name });
    } catch (error) {
      const wrong = asClipError(error, "image.decode");
      if (wrong.code === "aborted") throw wrong;
      failed.push({ image: name, error: wrong });
    }
    onProgress?.(i + 1, pictures.length);
  }
  if (found.length === 0) throw unreadable(set.name, failed);
  return {
    squares: found.map(({ square }) => square),
    truth: found.map(({ truth }) => truth),
    names: found.map(({ name }) => name),
    failed,
  };
}

/** Bytes of some squares as pixels, f32 [n, size, size, 3], 0..255. */
export function pixelsOf(squares: readonly (Uint8Array | Float32Array)[]): Float32Array {
  const each = squares[0]?.length ?? 0;
  const pixels = new Float32Array(each * squares.length);
  for (const [i, square] of squares.entries()) pixels.set(square, i * each);
  return pixels;
}
