import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { ClipError } from "../../errors.js";

/** The file of patterns that a folder may have, in the syntax of .gitignore. */
export const IGNORE_FILE = ".zeroclipignore";

/** Characters of such a file: some thousand patterns. */
const MOST_PATTERNS = 256 * 1024;

/** Patterns of a folder and of those above it. */
export interface Ignored {
  /** `path` is relative to the root, with `/` between its parts; of a folder it ends with one. */
  has(path: string): boolean;
  /** What holds below a folder (relative, "" or with `/` at its end), which lies at `place`. Raises `search.ignore`. */
  below(folder: string, place: string): Promise<Ignored>;
}

interface Level {
  /** The folder of the file, relative to the root. */
  readonly folder: string;
  readonly patterns: Ignore;
}

class Levels implements Ignored {
  /** The deepest first: its patterns have the last word. */
  constructor(readonly levels: readonly Level[]) {}

  has(path: string): boolean {
    for (const { folder, patterns } of this.levels) {
      const { ignored, unignored } = patterns.test(path.slice(folder.length));
      if (ignored || unignored) return ignored;
    }
    return false;
  }

  async below(folder: string, place: string): Promise<Ignored> {
    const file = join(place, IGNORE_FILE);
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new ClipError("search.ignore", `Expected to read ${file} but can't: ${error.message}.`);
    });
    if (text === undefined) return this;
    if (text.length > MOST_PATTERNS) {
      throw new ClipError(
        "search.ignore",
        `Expected at most ${MOST_PATTERNS} characters in ${file} but it has ${text.length}.`,
      );
    }
    // As git where letters count; `ignore` takes them for equal unless told.
    const patterns = ignore({ ignorecase: false }).add(text.replace(/^\ufeff/, ""));
    return new Levels([{ folder, patterns }, ...this.levels]);
  }
}

/** No patterns yet. */
export const NOTHING_IGNORED: Ignored = new Levels([]);
