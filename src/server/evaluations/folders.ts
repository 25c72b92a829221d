import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { ClipError } from "../../errors.js";
import { setNames } from "../../evaluate/data/open-set.js";

/** Folders that are offered: as many as a person looks through. */
const MOST_OFFERED = 500;

/** The folders that an operator allowed (`--eval-folders`), by the names that clients use: no path of the machine is told. */
export class EvaluationFolders {
  readonly #roots: ReadonlyMap<string, string>;

  constructor(roots: readonly string[]) {
    const names = setNames(roots);
    this.#roots = new Map(roots.map((root, i) => [names[i]!, root]));
  }

  get allowed(): boolean {
    return this.#roots.size > 0;
  }

  /** Those with folders in them: each root, and what lies one below it. */
  async offered(): Promise<string[]> {
    const found: string[] = [];
    for (const [name, root] of this.#roots) {
      const inside = await foldersIn(root);
      if (inside.length > 1) found.push(name);
      for (const one of inside) {
        if (found.length >= MOST_OFFERED) return found;
        if ((await foldersIn(join(root, one))).length > 1) found.push(`${name}/${one}`);
      }
    }
    return found;
  }

  /** A name → the folder, which lies below an allowed one, links followed. Raises `server.off`, `server.not-found`. */
  async resolve(name: string): Promise<AllowedFolder> {
    if (!this.allowed)
      throw new ClipError(
        "server.off",
        "Expected a server that evaluates (zeroclip serve --eval-folders pictures/) but this one was given no folder.",
      );
    const unknown = new ClipError(
      "server.not-found",
      `Expected one of /v1/evaluations/folders, or a folder below it, but received "${name.slice(0, 100)}".`,
    );
    for (const [root, path] of this.#roots) {
      if (name !== root && !name.startsWith(`${root}/`)) continue;
      const parts = name
        .slice(root.length)
        .split("/")
        .filter((part) => part !== "");
      if (parts.some((part) => part === ".." || part === "." || /[\\\0]/.test(part))) throw unknown;
      const [real, base] = await Promise.all([realpath(join(path, ...parts)), realpath(path)]).catch(() => {
        throw unknown;
      });
      const allowed = new AllowedFolder(real, base);
      if (allowed.isBelow(real) && (await stat(real)).isDirectory()) return allowed;
    }
    throw unknown;
  }
}

/** A folder that may be evaluated; links in it may lead to what lies below the allowed one, and nowhere else. */
export class AllowedFolder {
  constructor(
    /** All links followed. */
    readonly path: string,
    readonly base: string,
  ) {}

  isBelow(real: string): boolean {
    return real === this.base || real.startsWith(this.base.endsWith(sep) ? this.base : this.base + sep);
  }

  /** Raises `evaluate.folder` where a class or an archive is a link that leads out. */
  async check(): Promise<void> {
    for (const entry of await readdir(this.path, { withFileTypes: true }))
      if (entry.isSymbolicLink() && !(await this.#holds(join(this.path, entry.name))))
        throw new ClipError(
          "evaluate.folder",
          `Expected pictures below the folder that may be evaluated but the link ${entry.name} leads out of it.`,
        );
  }

  /** A picture's path, unless a link on the way leads out: then `input.folder` is raised. */
  async picture(path: string): Promise<string> {
    if (await this.#holds(path)) return path;
    throw new ClipError(
      "input.folder",
      "Expected a picture below the folder that may be evaluated but a link leads out of it.",
    );
  }

  async #holds(path: string): Promise<boolean> {
    const real = await realpath(path).catch(() => undefined);
    // What is not there is told by who opens it.
    return real === undefined || this.isBelow(real);
  }
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}
