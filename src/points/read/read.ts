import { ClipError } from "../../errors.js";
import { SHAPE_ENDINGS } from "../../image/sources.js";
import type { ShapeLimits } from "../limits.js";
import type { Shape } from "../shape.js";
import { type Bytes, openBytes } from "./bytes.js";
import { readGlb } from "./glb.js";
import { readNpy } from "./npy.js";
import { readPcd } from "./pcd.js";
import { readPly } from "./ply.js";
import { isBinaryStl, readStl } from "./stl.js";
import { readObj, readOff, readXyz } from "./text.js";

type Reader = (bytes: Bytes) => Shape;

/** What files of shapes end with, and what reads them. */
const BY_ENDING: Readonly<Record<string, Reader>> = {
  ply: readPly,
  obj: readObj,
  off: readOff,
  xyz: readXyz,
  pts: readXyz,
  txt: readXyz,
  csv: readXyz,
  npy: readNpy,
  pcd: readPcd,
  stl: readStl,
  glb: readGlb,
};

/** Other files that a person may try, and what is said of them. */
const NOT_READ: readonly (readonly [begins: string, what: string])[] = [
  ["\x1f\x8b", "is compressed by gzip; unpack it first"],
  ["PK\x03\x04", "is a zip archive; unpack it first"],
  ["{", "is JSON; of glTF the one-file form (.glb) is read"],
  ["LASF", "is LAS; save it as PLY, PCD or XYZ"],
];

/** By the first bytes, where they say it; an ending may lie. */
function byContent(head: string): Reader | undefined {
  if (/^ply\r?\n/.test(head)) return readPly;
  if (head.startsWith("glTF")) return readGlb;
  if (head.startsWith("\x93NUMPY")) return readNpy;
  if (/^(?:ST)?C?N?4?n?OFF\b/.test(head) || /^OFF\d/.test(head)) return readOff;
  if (/^(?:#.*\r?\n)*\s*(?:VERSION\s+[.\d]+\r?\n|FIELDS\s)/.test(head)) return readPcd;
  return undefined;
}

function endingOf(name: string): string {
  return /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
}

export interface ReadShapeOptions {
  /** What the bytes are called in messages; its ending says what they are where they do not say it themselves. */
  readonly name?: string;
  /** What it may hold; default: USUAL_LIMITS. */
  readonly limits?: ShapeLimits;
}

/**
 * A file's path, or its bytes → a shape: PLY, OBJ, OFF, XYZ and its like, NPY, PCD, STL, GLB, told by content and then by ending. A
 * cloud of more than two million points is thinned while it is read, with a warning; a mesh of more than five million triangles is
 * refused. Raises `points.*`.
 */
export function readShape(input: string | Uint8Array, options: ReadShapeOptions = {}): Shape {
  const bytes = openBytes(input, options.name, options.limits);
  try {
    const head = Buffer.from(bytes.read(0, Math.min(bytes.size, 4096))).toString("latin1");
    const ending = endingOf(bytes.name);
    const reader =
      byContent(head) ??
      refuse(head, bytes.name) ??
      (Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined);
    if (reader) return reader(bytes);
    if (/^\s*solid\b/.test(head) && /\bfacet\b/.test(head)) return readStl(bytes);
    if (/^(?:\s*#.*\n)*\s*v\s+[-\d.]/.test(head)) return readObj(bytes);
    if (bytes.size > 84 && isBinaryStl(bytes) && (bytes.size - 84) % 50 === 0) return readStl(bytes);
    throw new ClipError(
      "points.format",
      `Expected a shape (${SHAPE_ENDINGS.join(", ")}) but ${bytes.name} is none by its name and content.`,
    );
  } finally {
    bytes.close();
  }
}

function refuse(head: string, name: string): undefined {
  const found = NOT_READ.find(([begins]) => head.trimStart().startsWith(begins));
  if (found) throw new ClipError("points.format", `Expected a shape but ${name} ${found[1]}.`);
  return undefined;
}
