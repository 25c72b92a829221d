import { realpath } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { ClipError } from "../../errors.js";
import type { Shelf } from "./shelves.js";

/** Folders whose pictures may be shown: the catalogue's own and those that are named, once all links are followed. */
async function rootsOf(shelf: Shelf, folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all([shelf.folder, ...folders].map((one) => realpath(one).catch(() => [])));
  return found.flat();
}

const isWithin = (path: string, roots: readonly string[]): boolean =>
  roots.some((root) => path.startsWith(root.endsWith(sep) ? root : root + sep));

/** The file of a product's picture, where that may be shown. Raises `server.not-found`. */
export async function pictureFile(
  shelf: Shelf,
  path: string | undefined,
  folders: readonly string[],
): Promise<string> {
  const real = path === undefined ? undefined : await realpath(path).catch(() => undefined);
  if (real !== undefined && isWithin(real, await rootsOf(shelf, folders))) return real;
  throw new ClipError(
    "server.not-found",
    "Expected a product's picture in its catalogue's folder or in one of --picture-folders but there is none.",
  );
}

/** Said of a catalogue with pictures elsewhere, which nobody is shown; undefined where there are none. */
export async function hiddenPictures(shelf: Shelf, folders: readonly string[]): Promise<string | undefined> {
  const roots = [...(await rootsOf(shelf, folders)), ...folders.map((one) => resolve(one))];
  const hidden = [...shelf.catalogue.products()].flatMap(({ pictures }) =>
    pictures.filter((path) => !isWithin(resolve(path), roots)),
  );
  const [first] = hidden;
  if (first === undefined) return undefined;
  return `Of the catalogue "${shelf.name}" ${hidden.length} pictures can't be shown, as they are not in its folder: --picture-folders ${dirname(first)} would show those that lie there.`;
}
