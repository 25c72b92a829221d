import { createHash } from "node:crypto";

/** What a store keeps of one picture or of one key frame of a video. Times are whole milliseconds since 1970 (UTC). */
export interface Row {
  /** {@link rowId} of `path` and `time`: 32 hex digits. */
  readonly id: string;
  /** Where the file is: an absolute path with `/` between its parts (also on Windows), or an `s3://` address. */
  readonly path: string;
  /** Of a key frame: its place in the video, whole ms; null: a picture. */
  readonly time: number | null;
  /** SHA-256 of the file's bytes, 64 hex digits: equal where a file was only moved. */
  readonly hash: string;
  /** Size of the file, bytes. */
  readonly bytes: number;
  /** When the file was last changed, ms. */
  readonly modified: number;
  /** Of the picture as it is shown (turned upright), pixels. */
  readonly width: number;
  readonly height: number;
  /** When the picture was taken, by its EXIF data, ms; where that names no zone, it is read as UTC. */
  readonly taken: number | null;
  /** Degrees, −90..90, north above 0. */
  readonly latitude: number | null;
  /** Degrees, −180..180, east above 0. */
  readonly longitude: number | null;
  /** Maker and model, as EXIF has them. */
  readonly camera: string | null;
  readonly labels: readonly string[];
  readonly caption: string | null;
  /** 64-bit DCT hash of the picture, 16 hex digits: few bits differ between versions of one picture. */
  readonly perceptual: string;
  /** Variance of the Laplacian of the grey picture, 0 and above: higher is sharper. */
  readonly sharpness: number;
  /** True where the picture is one colour or nearly so: it is no duplicate of anything. */
  readonly blank: boolean;
  /** A small JPEG or WebP; null: none was asked for. */
  readonly thumbnail: Uint8Array | null;
  /** When the row was made, ms. */
  readonly indexed: number;
  /** Unit length, f32 [dim]. */
  readonly vector: Float32Array;
}

export type Column = keyof Row;

/** All columns but the heavy ones. */
export type Fact = Exclude<Column, "vector" | "thumbnail">;
export type Facts = Pick<Row, Fact>;

/** The columns that are read where no others are asked for: all but `vector` and `thumbnail`. */
export const FACTS = [
  "id",
  "path",
  "time",
  "hash",
  "bytes",
  "modified",
  "width",
  "height",
  "taken",
  "latitude",
  "longitude",
  "camera",
  "labels",
  "caption",
  "perceptual",
  "sharpness",
  "blank",
  "indexed",
] as const satisfies readonly Fact[];

/** The id of a picture (`time` null) or of a key frame: the start of a SHA-256 over path and time, 32 hex digits. */
export function rowId(path: string, time: number | null): string {
  return createHash("sha256")
    .update(`${path}\0${time ?? ""}`)
    .digest("hex")
    .slice(0, 32);
}
