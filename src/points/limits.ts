/** What a shape may hold: bounds of the memory that reading and drawing it takes. */
export interface ShapeLimits {
  /** Points that are kept of a cloud: one of more is thinned while it is read. */
  readonly points: number;
  /** Corners and triangles of a mesh, which can't be thinned while it is read. */
  readonly corners: number;
  readonly faces: number;
  /** Bytes of a compressed PCD file when it is unpacked, which has to be done whole. */
  readonly unpacked: number;
  /** Bytes of the JSON of a GLB file. */
  readonly json: number;
}

/**
 * Limits of the command and the library. Views of 224 pixels a side look the same from 10,000 points on, and two million take 24 MB; meshes
 * of these sizes take 120 MB, and seconds to draw; 512 MiB unpacked are 30 million points; the JSON of a city has some megabytes.
 */
export const USUAL_LIMITS: ShapeLimits = {
  points: 2_000_000,
  corners: 15_000_000,
  faces: 5_000_000,
  unpacked: 512 * 2 ** 20,
  json: 64 * 2 ** 20,
};

/** Limits of a server, whose memory is everybody's: a shape takes about 300 MB at most while it is drawn. */
export const SERVED_LIMITS: ShapeLimits = {
  points: 1_000_000,
  corners: 3_000_000,
  faces: 1_000_000,
  unpacked: 64 * 2 ** 20,
  json: 8 * 2 ** 20,
};

/** Bytes of a file: 50 million points take 600 MB as numbers and 2 GB as text. */
export const MOST_BYTES = 8 * 2 ** 30;

/** Characters of one line of text: a face of a thousand corners takes 20 kB. */
export const MOST_LINE = 64 * 1024;

/** Corners of one face before it is cut into triangles; CAD programs write discs of a few hundred. */
export const MOST_CORNERS_OF_FACE = 10_000;

/** Points of a GLB file that are looked at, kept or not: it may name the same ones again and again, and can hold no more of its own. */
export const MOST_LOOKED_AT = 500_000_000;

/** Coordinates beyond this are no lengths in any unit, and their squares leave the range of numbers. */
export const MOST_COORDINATE = 1e15;
