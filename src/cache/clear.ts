import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolders } from "./folders.js";
import { listSpaces, type SpaceInfo } from "./space.js";

/** Which spaces are meant; none given: all. */
export interface CacheSelection {
  readonly text?: boolean;
  readonly images?: boolean;
  /** Name that a model had when its vectors were stored. */
  readonly model?: string;
}

/** The spaces of a selection. */
export async function selectSpaces(home: string, selection: CacheSelection): Promise<SpaceInfo[]> {
  const folders = cacheFolders(home);
  const both = !selection.text && !selection.images;
  const spaces = [
    ...(both || selection.text ? await listSpaces(folders.text) : []),
    ...(both || selection.images ? await listSpaces(folders.images) : []),
  ];
  return spaces.filter(({ record }) => selection.model === undefined || record?.model === selection.model);
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
