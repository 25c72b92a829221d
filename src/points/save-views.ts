import { join } from "node:path";
import { imageOptions } from "../image/options.js";
import { preview } from "../image/recode.js";
import { writeFileAtomic } from "../models/atomic.js";
import type { ShapeView } from "./view/render.js";

/** Shapes of one name in different folders, told apart by numbers. */
export type ViewSaver = (shape: string, views: readonly ShapeView[]) => Promise<readonly string[]>;

/** What writes views as `FOLDER/chair/front.png`, …; a second `chair` is `chair-2`. */
export function viewSaver(folder: string): ViewSaver {
  const taken = new Map<string, number>();
  return async (shape, views) => {
    const base =
      shape
        .split(/[/\\]/)
        .at(-1)!
        .replace(/\.[^.]+$/, "") || "shape";
    const count = (taken.get(base) ?? 0) + 1;
    taken.set(base, count);
    const own = join(folder, count === 1 ? base : `${base}-${count}`);
    const paths: string[] = [];
    for (const view of views) {
      const path = join(own, `${view.name}.png`);
      await writeFileAtomic(path, await preview(view, view.width, "png", imageOptions()));
      paths.push(path);
    }
    return paths;
  };
}
