import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { ClipError } from "../errors.js";
import { fromAddress, type NamedPicture } from "../server/pictures/pictures.js";

/** Where pictures may be read from. */
export interface PictureSources {
  /** Folders of this machine whose files may be read now; none over HTTP. */
  readonly folders: () => Promise<readonly string[]>;
  /** True where http(s) addresses are fetched. */
  readonly fetches: boolean;
}

/** What an agent names as a picture → the picture, or what is wrong with it. */
export async function namedPicture(
  text: string,
  position: number,
  sources: PictureSources,
): Promise<NamedPicture> {
  if (/^(?:data:|https?:\/\/)/i.test(text))
    return { name: `#${position}`, input: fromAddress(text, sources.fetches) };
  return { name: text, input: await allowedFile(text, await sources.folders()) };
}

/** A path whose file lies in one of the folders once all links are followed. */
async function allowedFile(path: string, folders: readonly string[]): Promise<string | ClipError> {
  if (folders.length === 0)
    return new ClipError(
      "input.url",
      "Expected the picture itself as a data URL because no folder may be read here.",
    );
  const found = await realpath(resolve(path)).catch(() => undefined);
  const roots = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  const inside = found !== undefined && roots.some((root) => root !== undefined && isWithin(found, root));
  // A file that is not there and one that may not be read look the same: nothing is told of other folders.
  if (inside) return found;
  return new ClipError(
    "input.folder",
    `Expected a picture in one of the allowed folders (${folders.join(", ")}) but ${path.slice(0, 200)} is not there.`,
  );
}

function isWithin(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
