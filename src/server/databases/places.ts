import { ClipError } from "../../errors.js";
import type { Filter } from "../../search/store/filter.js";
import { folderStart } from "../../search/store/filter.js";

/** A folder whose files may be shown, and what stands for it in paths that are told; "" where it is the only one. */
export interface Root {
  /** As rows have it: `/` between parts, none at the end. */
  readonly path: string;
  readonly label: string;
}

function baseName(path: string): string {
  return path.split("/").findLast((part) => part !== "") ?? "files";
}

/** Folders → roots with labels that differ; one alone needs none. */
export function rootsOf(folders: readonly string[]): Root[] {
  const unique = [...new Set(folders.map((folder) => folder.replace(/(?<=.)\/+$/, "")))];
  if (unique.length < 2) return unique.map((path) => ({ path, label: "" }));
  const taken = new Map<string, number>();
  return unique.map((path) => {
    const name = baseName(path);
    const before = taken.get(name) ?? 0;
    taken.set(name, before + 1);
    return { path, label: before === 0 ? name : `${name}-${before + 1}` };
  });
}

/** Paths of rows as they are told: below their folders, so that nothing is said of the machine; and back. */
export class Places {
  constructor(
    readonly roots: readonly Root[],
    readonly showsPaths: boolean,
  ) {}

  /** The root that a path lies in: the narrowest. */
  rootOf(path: string): Root | undefined {
    return this.roots
      .filter((root) => path.startsWith(folderStart(root.path)))
      .sort((a, b) => b.path.length - a.path.length)[0];
  }

  shown(path: string): string {
    if (this.showsPaths) return path;
    const root = this.rootOf(path);
    if (root === undefined) return baseName(path);
    const below = path.slice(folderStart(root.path).length);
    return root.label === "" ? below : `${root.label}/${below}`;
  }

  /** A path or folder as it is told → those that rows may have. Raises `search.filter` for one that climbs. */
  absolute(shown: string): string[] {
    const parts = shown.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.includes("..") || shown.includes("\0"))
      throw new ClipError("search.filter", "Expected a folder as it stands in a hit's path, without ..");
    const own = this.roots.filter(({ label }) => label === "" || label === parts[0]);
    const found = own.map(({ path, label }) =>
      [path === "/" ? "" : path, ...(label === "" ? parts : parts.slice(1))].join("/"),
    );
    return this.showsPaths && /^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(shown) ? [...found, shown] : found;
  }

  folderFilter(shown: string): Filter {
    return { or: this.absolute(shown).map((folder) => ({ folder: folder === "" ? "/" : folder })) };
  }

  /** A message without the machine's own paths. */
  cleaned(message: string): string {
    if (this.showsPaths) return message;
    return this.roots.reduce(
      (text, { path, label }) =>
        path === "/" ? text : text.replaceAll(folderStart(path), label === "" ? "" : `${label}/`),
      message,
    );
  }
}
