import { FileReader } from "../../checkpoint/reader.js";
import { ClipError } from "../../errors.js";
import { MOST_BYTES, type ShapeLimits, USUAL_LIMITS } from "../limits.js";

/** Bytes of a file, or in memory, that are read at offsets. */
export interface Bytes {
  /** For messages. */
  readonly name: string;
  readonly size: number;
  /** What the shape in them may hold. */
  readonly limits: ShapeLimits;
  /** Exactly so many bytes. Raises `points.truncated` past the end. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** What is said of a file that ends too early. */
function truncated(name: string, wanted: number, size: number): ClipError {
  return new ClipError(
    "points.truncated",
    `Expected at least ${wanted} bytes in ${name} but it has ${size}: it is cut off or damaged.`,
  );
}

function inMemory(bytes: Uint8Array, name: string, limits: ShapeLimits): Bytes {
  return {
    name,
    limits,
    size: bytes.length,
    read(offset, length) {
      if (offset + length > bytes.length) throw truncated(name, offset + length, bytes.length);
      return bytes.subarray(offset, offset + length);
    },
    close: () => {},
  };
}

/** The errors of reading files, as those of shapes. */
function asOwn<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ClipError && error.code.startsWith("checkpoint."))
      throw new ClipError("points.file", error.message, { cause: error });
    throw error;
  }
}

/** A file's path, or its bytes → what is read from. Raises `points.file`, `points.too-large`, `points.empty`. */
export function openBytes(
  input: string | Uint8Array,
  name?: string,
  limits: ShapeLimits = USUAL_LIMITS,
): Bytes {
  const bytes =
    typeof input === "string" ? openFile(input, limits) : inMemory(input, name ?? "the shape", limits);
  if (bytes.size > 0 && bytes.size <= MOST_BYTES) return bytes;
  bytes.close();
  if (bytes.size === 0)
    throw new ClipError("points.empty", `Expected a shape in ${bytes.name} but it has no bytes.`);
  throw new ClipError(
    "points.too-large",
    `Expected at most ${MOST_BYTES} bytes but ${bytes.name} has ${bytes.size}.`,
  );
}

function openFile(path: string, limits: ShapeLimits): Bytes {
  const file = asOwn(() => new FileReader(path));
  return {
    name: file.name,
    size: file.size,
    limits,
    read(offset, length) {
      if (offset + length > file.size) throw truncated(file.name, offset + length, file.size);
      return asOwn(() => file.read(offset, length));
    },
    close: () => file.close(),
  };
}
