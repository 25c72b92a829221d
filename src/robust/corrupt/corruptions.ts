import { seeded } from "../../math/random.js";
import { defocusBlur, glassBlur, motionBlur, zoomBlur } from "./blur.js";
import { lens, lowLight, resize, whiteBalance } from "./camera.js";
import { contrast, elasticTransform, jpegCompression, pixelate } from "./digital.js";
import { gaussianNoise, impulseNoise, shotNoise } from "./noise.js";
import type { Corrupt, Severity } from "./plane.js";
import { brightness, fog, frost, snow } from "./weather.js";

/** The fifteen of ImageNet-C, whose mean is reported, in its order. */
const BENCHMARK: Readonly<Record<string, Corrupt>> = {
  "gaussian-noise": gaussianNoise,
  "shot-noise": shotNoise,
  "impulse-noise": impulseNoise,
  "defocus-blur": defocusBlur,
  "glass-blur": glassBlur,
  "motion-blur": motionBlur,
  "zoom-blur": zoomBlur,
  snow,
  frost,
  fog,
  brightness,
  contrast,
  elastic: elasticTransform,
  pixelate,
  jpeg: jpegCompression,
};

/** Those of cameras and their users, reported beside. */
const CAMERA: Readonly<Record<string, Corrupt>> = {
  resize,
  "low-light": lowLight,
  "white-balance": whiteBalance,
  lens,
};

const ALL: ReadonlyMap<string, Corrupt> = new Map(Object.entries({ ...BENCHMARK, ...CAMERA }));

export const BENCHMARK_NAMES: readonly string[] = Object.keys(BENCHMARK);
export const CORRUPTION_NAMES: readonly string[] = [...ALL.keys()];
export const SEVERITIES: readonly Severity[] = [1, 2, 3, 4, 5];

/** A square u8 [size, size, 3] → the same made worse; equal for equal seeds. */
export async function corrupted(
  square: Uint8Array,
  name: string,
  severity: Severity,
  seed: number,
): Promise<Uint8Array> {
  const size = Math.sqrt(square.length / 3);
  const light = { values: Float32Array.from(square, (byte) => byte / 255), size };
  const { values } = await ALL.get(name)!(light, severity, seeded(seed));
  // Cut, not rounded, as published.
  return Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.floor(255 * value + 1e-3))));
}
