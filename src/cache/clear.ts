import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolders } from "./folders.js";
import { listSpaces, type SpaceInfo } from "./space.js";

/** Which spaces are meant; none given: all. */
export interface CacheSelection {
  readonly text?: boolean;
  readonly images?: boolean;
  /** Names that a model may have had when its vectors were stored. */
  readonly models?: readonly string[];
}

/** The spaces of a selection; with names also those whose file is damaged, of which nobody knows whose they are. */
export async function selectSpaces(home: string, selection: CacheSelection): Promise<SpaceInfo[]> {
  const folders = cacheFolders(home);
  const both = !selection.text && !selection.images;
  const spaces = [
    ...(both || selection.text ? await listSpaces(folders.text) : []),
    ...(both || selection.images ? await listSpaces(folders.images) : []),
  ];
  const { models } = selection;
  return spaces.filter(({ record }) => !models || !record || models.includes(record.model));
}

/** Removes spaces; a process that writes into one begins it anew. Resolves to the bytes that became free. */
export async function clearSpaces(spaces: readonly SpaceInfo[]): Promise<number> {
  let bytes = 0;
  for (const space of spaces) {
    for (const name of space.segments) await rm(join(space.folder, name), { force: true });
    await rm(space.folder, { recursive: true, force: true });
    bytes += space.bytes;
  }
  return bytes;
}
