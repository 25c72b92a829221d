import { throughJpeg } from "../../image/recode.js";
import { seeded } from "../../math/random.js";
import type { Judge, Slopes } from "../victim.js";
import { type Placement, placed, placedBack } from "./warp.js";

/** What is done to a picture before a model sees it, and how a gradient goes back through it. */
interface Treated {
  readonly pixels: Float32Array;
  readonly back: (gradient: Float32Array) => Float32Array;
}

/** A defence that needs no training: a picture is looked at several times, treated each time, and the logits are averaged. */
export interface Defence {
  readonly name: DefenceName;
  readonly looks: number;
  /** Looks are drawn by chance, so that an answer that was fooled once may be right the next time. */
  readonly isDrawn: boolean;
  /** The treatment of one picture f32 [size, size, 3] at a look; `random` is seeded anew for each picture and look. */
  readonly treat: (
    pixels: Float32Array,
    size: number,
    look: number,
    random: () => number,
  ) => Promise<Treated>;
}

export const DEFENCES = ["resize-jpeg", "views"] as const;
export type DefenceName = (typeof DEFENCES)[number];

/** Least share of the side that a picture is made (Xie et al. 2018, arXiv 1711.01991: 299 in 331), and the JPEG's quality (Guo et al. 2018: 75). */
const LEAST_SIDE = 0.85;
const QUALITY = 75;

/** Random looks: more answer more steadily and take as much longer. */
const RANDOM_LOOKS = 4;

/** A picture made a little smaller and laid at a random place, then stored as a JPEG. The gradient passes the JPEG as if it were not there (BPDA, Athalye et al. 2018). */
const resizeJpeg: Defence = {
  name: "resize-jpeg",
  looks: RANDOM_LOOKS,
  isDrawn: true,
  async treat(pixels, size, _, random) {
    const side = Math.round(size * (LEAST_SIDE + (1 - LEAST_SIDE) * random()));
    const place = (): number => Math.floor(random() * (size - side + 1));
    const placement = { side, top: place(), left: place() };
    const bytes = Uint8Array.from(placed(pixels, size, placement), (value) =>
      Math.max(0, Math.min(255, Math.round(value))),
    );
    const coded = await throughJpeg(bytes, { width: size, height: size }, QUALITY);
    return { pixels: Float32Array.from(coded), back: (gradient) => placedBack(gradient, size, placement) };
  },
};

/** The corners of a larger copy are as in `--views five`. */
const ZOOM = 256 / 224;

/** The picture and the four corners and the middle of a larger copy, without chance. */
const views: Defence = {
  name: "views",
  looks: 6,
  isDrawn: false,
  async treat(pixels, size, look) {
    if (look === 0) return { pixels, back: (gradient) => gradient };
    const side = Math.round(size * ZOOM);
    const far = size - side;
    const places = [
      [far / 2, far / 2],
      [0, 0],
      [0, far],
      [far, 0],
      [far, far],
    ] as const;
    const [top, left] = places[look - 1]!;
    const placement: Placement = { side, top: Math.round(top), left: Math.round(left) };
    return {
      pixels: placed(pixels, size, placement),
      back: (gradient) => placedBack(gradient, size, placement),
    };
  },
};

const BY_NAME: Readonly<Record<DefenceName, Defence>> = { "resize-jpeg": resizeJpeg, views };

export function defence(name: DefenceName): Defence {
  return BY_NAME[name];
}

/** All pictures treated for one look. */
async function treated(
  { treat }: Defence,
  pixels: Float32Array,
  size: number,
  look: number,
  seed: number,
): Promise<{ readonly pixels: Float32Array; readonly back: (gradient: Float32Array) => Float32Array }> {
  const each = size * size * 3;
  const out = new Float32Array(pixels.length);
  const backs: Treated["back"][] = [];
  for (let i = 0; i < pixels.length / each; i++) {
    const own = pixels.subarray(i * each, (i + 1) * each);
    const one = await treat(own, size, look, seeded(seed * 8191 + look * 131 + i));
    out.set(one.pixels, i * each);
    backs.push(one.back);
  }
  return {
    pixels: out,
    back: (gradient) => {
      const all = new Float32Array(gradient.length);
      for (const [i, back] of backs.entries())
        all.set(back(gradient.subarray(i * each, (i + 1) * each)), i * each);
      return all;
    },
  };
}

/** Adds the mean of several looks up. */
function meanOf(parts: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(parts[0]?.length ?? 0);
  for (const part of parts) for (let i = 0; i < mean.length; i++) mean[i]! += part[i]! / parts.length;
  return mean;
}

/** What answers behind a defence. */
export function defendedJudge(judge: Judge, defence: Defence, size: number): Judge {
  return async (pixels, seed) => {
    const looks = [];
    for (let look = 0; look < defence.looks; look++)
      looks.push(await judge((await treated(defence, pixels, size, look, seed)).pixels, seed));
    return { logits: meanOf(looks.map(({ logits }) => logits)), unit: meanOf(looks.map(({ unit }) => unit)) };
  };
}

/**
 * What an attacker who knows the defence sees: the mean slope over its looks (expectation over transformation, Athalye et al. 2018,
 * arXiv 1802.00420), led back through each treatment.
 */
export function defendedSlopes(slopes: Slopes, defence: Defence, size: number): Slopes {
  return async (pixels, truth, seed) => {
    const looks = [];
    for (let look = 0; look < defence.looks; look++) {
      const one = await treated(defence, pixels, size, look, seed);
      const found = await slopes(one.pixels, truth, seed);
      looks.push({ ...found, gradient: one.back(found.gradient) });
    }
    return {
      logits: meanOf(looks.map(({ logits }) => logits)),
      loss: meanOf(looks.map(({ loss }) => loss)),
      gradient: meanOf(looks.map(({ gradient }) => gradient)),
    };
  };
}
