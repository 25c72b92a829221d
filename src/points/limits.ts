/** Points that are kept of a cloud: views of 224 pixels a side look the same from 10,000 on, and these take 24 MB. */
export const MOST_KEPT = 2_000_000;

/** Corners and triangles of a mesh, which can't be thinned while it is read: 120 MB, and seconds to draw. */
export const MOST_CORNERS = 15_000_000;
export const MOST_FACES = 5_000_000;

/** Bytes of a file: 50 million points take 600 MB as numbers and 2 GB as text. */
export const MOST_BYTES = 8 * 2 ** 30;

/** Characters of one line of text: a face of a thousand corners takes 20 kB. */
export const MOST_LINE = 64 * 1024;

/** Corners of one face before it is cut into triangles; CAD programs write discs of a few hundred. */
export const MOST_CORNERS_OF_FACE = 10_000;

/** Coordinates beyond this are no lengths in any unit, and their squares leave the range of numbers. */
export const MOST_COORDINATE = 1e15;
