import { fileURLToPath } from "node:url";
import { asClipError, ClipError, throwIfAborted } from "../errors.js";
import { settle, toRgb } from "../image/convert.js";
import { decode } from "../image/decode.js";
import { imageOptions } from "../image/options.js";
import type { Picture } from "../image/pixels.js";
import { preprocess } from "../image/preprocess.js";
import type { Preprocessing } from "../image/preprocessing.js";
import { expandInputs, type ImageInput, inputId, readInput } from "../image/sources.js";
import { sample, seeded } from "../math/random.js";

/** The photos that ship in the package; the same from `src` and from `dist`. */
const OWN_PICTURES = fileURLToPath(new URL("../../calibration", import.meta.url));

/**
 * Pictures that are measured with; of more, a seeded sample. Their squares are held in memory: 256 of 336 × 336 pixels are
 * 87 MB.
 */
const MOST_PICTURES = 256;

/** Where fewer are given, each gives several crops until there are about as many. */
const ENOUGH = 64;

/** Smallest crop, as a share of the picture's sides: smaller ones show nothing that a photo is taken of. */
const LEAST_SCALE = 0.3;

const SEED = 5;

/** Squares that a tower reads, u8 [size, size, 3], and how many of the given pictures could not be read. */
export interface Squares {
  readonly squares: readonly Uint8Array[];
  /** Which input each square is of. */
  readonly origins: readonly number[];
  readonly skipped: number;
}

export interface CollectOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of each picture that is left out. */
  readonly onSkip?: ((name: string, error: ClipError) => void) | undefined;
  /** Pictures read and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * A folder (with those inside it) or pictures → the pictures; nothing is opened. Without either the photos of the package.
 * Raises `input.none` for a folder without a picture, `quantize.calibration` for an empty list.
 */
export async function calibrationInputs(
  given: string | readonly ImageInput[] | undefined,
  signal?: AbortSignal,
): Promise<readonly ImageInput[]> {
  const inputs: ImageInput[] = [];
  if (given !== undefined && typeof given !== "string") inputs.push(...given);
  else for await (const path of expandInputs([given ?? OWN_PICTURES], { signal })) inputs.push(path);
  if (inputs.length > 0) return sample(inputs, MOST_PICTURES, SEED);
  throw new ClipError("quantize.calibration", "Expected at least one calibration picture but received none.");
}

/**
 * Pictures → squares: each whole as the model reads it and, where they are few, seeded crops of several scales beside.
 * What can't be read is told and left out. Raises `quantize.calibration` where nothing is left, and `aborted`.
 */
export async function collectSquares(
  inputs: readonly ImageInput[],
  preprocessing: Preprocessing,
  views: "whole" | "crops",
  options: CollectOptions = {},
): Promise<Squares> {
  const settings = imageOptions();
  const random = seeded(SEED);
  const crops = views === "whole" ? 0 : Math.ceil(ENOUGH / inputs.length) - 1;
  const squares: Uint8Array[] = [];
  const origins: number[] = [];
  let last: ClipError | undefined;
  let skipped = 0;
  for (const [i, input] of inputs.entries()) {
    throwIfAborted(options.signal);
    try {
      const read = await readInput(input, settings);
      const picture = read instanceof Uint8Array ? await decode(read, settings) : read;
      const own = preprocess(picture, preprocessing, settings);
      if (crops > 0) {
        const upright = asRgb(settle(picture, settings));
        for (let n = 0; n < crops; n++)
          own.push(...preprocess(crop(upright, random), preprocessing, settings));
      }
      squares.push(...own);
      origins.push(...own.map(() => i));
    } catch (error) {
      last = asClipError(error, "image.decode");
      skipped += 1;
      options.onSkip?.(inputId(input, i), last);
    }
    options.onProgress?.(i + 1, inputs.length);
  }
  if (squares.length > 0) return { squares, origins, skipped };
  const why = last === undefined ? "" : `: ${last.message}`;
  throw new ClipError(
    "quantize.calibration",
    `Expected calibration pictures but none of ${inputs.length} could be read${why}`,
  );
}

function asRgb(picture: Picture): Picture {
  return { width: picture.width, height: picture.height, mode: "RGB", data: toRgb(picture) };
}

/** A part of an RGB picture, its sides in the same proportion. */
function crop({ width, height, data }: Picture, random: () => number): Picture {
  const scale = LEAST_SCALE + (1 - LEAST_SCALE) * random();
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const left = Math.floor(random() * (width - w + 1));
  const top = Math.floor(random() * (height - h + 1));
  const out = new Uint8Array(w * h * 3);
  for (let y = 0; y < h; y++) {
    const from = ((top + y) * width + left) * 3;
    out.set(data.subarray(from, from + w * 3), y * w * 3);
  }
  return { width: w, height: h, mode: "RGB", data: out };
}
