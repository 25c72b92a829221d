import { join } from "node:path";
import { ClipError } from "../errors.js";
import { readTextFile } from "../models/text-file.js";
import { fingerprintOf } from "./data/set-options.js";

/** Captions of a few million pictures, and no more than a string can hold; larger sets are evaluated in parts. */
const MAX_CAPTIONS_FILE = 500 * 1024 * 1024;

/** A picture's file name and one sentence about it. */
export interface Caption {
  readonly image: string;
  readonly text: string;
}

async function readLines(path: string): Promise<string[]> {
  const kind = { code: "evaluate.captions", what: "a text file", most: MAX_CAPTIONS_FILE } as const;
  return (await readTextFile(path, kind)).split(/\r?\n/);
}

/** A line → what it says; undefined where it has no name or no caption. By positions: the lines may be anything. */
function captionOf(line: string): Caption | undefined {
  const tab = line.indexOf("\t");
  const number = line.indexOf("#");
  const named = number >= 0 && (tab < 0 || number < tab);
  const end = named ? number + Math.max(0, line.slice(number).search(/[ \t]/)) : tab;
  const image = line.slice(0, Math.max(0, named ? number : tab)).trim();
  const text = line.slice(end + 1).trim();
  return image === "" || text === "" || (named && end === number) ? undefined : { image, text };
}

/** Documented in `door.ts`. */
export async function readCaptions(path: string): Promise<Caption[]> {
  const captions: Caption[] = [];
  for (const [i, line] of (await readLines(path)).entries()) {
    if (line.trim() === "") continue;
    const caption = captionOf(line);
    if (!caption) {
      throw new ClipError(
        "evaluate.captions",
        `Expected a file name and a caption in line ${i + 1} of ${path} but found ${JSON.stringify(line.slice(0, 60))}.`,
      );
    }
    captions.push(caption);
  }
  return captions;
}

/** Captions of the pictures that a file names, one a line, with or without their ending (as Flickr8k's split lists do). */
export async function keepListed(captions: readonly Caption[], path: string): Promise<Caption[]> {
  const listed = new Set((await readLines(path)).map((line) => line.trim()));
  return captions.filter(({ image }) => listed.has(image) || listed.has(image.replace(/\.[^.]+$/, "")));
}

/** Pictures and captions as they are measured. */
export interface CaptionedSet {
  readonly name: string;
  /** Pictures, each once, as the captions call them. */
  readonly files: readonly string[];
  /** Their paths. */
  readonly paths: readonly string[];
  readonly captions: readonly Caption[];
  /** Changes where a picture's file or a caption does. */
  readonly fingerprint: string;
}

/** Documented in `door.ts`. */
export async function captionedSet(
  name: string,
  folder: string,
  captions: readonly Caption[],
  signal?: AbortSignal,
): Promise<CaptionedSet> {
  const files = [...new Set(captions.map(({ image }) => image))];
  if (files.length === 0)
    throw new ClipError("evaluate.captions", "Expected captions of at least one picture but found none.");
  const paths = files.map((file) => join(folder, file));
  return { name, files, paths, captions, fingerprint: await fingerprintOf(paths, captions, signal) };
}
