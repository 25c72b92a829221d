import { join } from "node:path";
import { ClipError, cannotWrite } from "../errors.js";
import { imageOptions } from "../image/options.js";
import { preview } from "../image/recode.js";
import { writeFileAtomic } from "../models/atomic.js";
import { makeFolder } from "../models/folder.js";
import type { ShapeView } from "./view/render.js";

/** Writes a shape's views → their paths. Raises `usage.out` where it can't. */
export type ViewSaver = (shape: string, views: readonly ShapeView[]) => Promise<readonly string[]>;

/**
 * Makes the folder; what comes back writes views as `FOLDER/chair/front.png`, …; shapes of one name in different folders are told apart by
 * numbers (`chair-2`). Raises `usage.out` where the folder can't be made.
 */
export async function viewSaver(folder: string): Promise<ViewSaver> {
  if (folder === "")
    throw new ClipError("usage.out", "Expected a folder for the views but received an empty name.");
  await makeFolder(folder).catch((error: unknown) => {
    throw cannotWrite(folder, error);
  });
  const taken = new Set<string>();
  return async (shape, views) => {
    const own = join(folder, freeName(nameOf(shape), taken));
    const paths: string[] = [];
    for (const view of views) {
      const path = join(own, `${view.name}.png`);
      const bytes = await preview(view, view.width, "png", imageOptions());
      await writeFileAtomic(path, bytes).catch((error: unknown) => {
        throw cannotWrite(path, error);
      });
      paths.push(path);
    }
    return paths;
  };
}

/** A file's name without its ending; what would lead out of the folder (`..`) is no name. */
function nameOf(shape: string): string {
  const name = shape
    .split(/[/\\]/)
    .at(-1)!
    .replace(/\.[^.]+$/, "");
  return /^\.*$/.test(name) ? "shape" : name;
}

/** A name that no shape has yet, on disks that know no capital letters either. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${name}-${count}`;
  taken.add(free.toLowerCase());
  return free;
}
