import { ClipError } from "../../errors.js";
import { type Copy, type DuplicateGroup, findDuplicates, NEAR } from "../../search/assets/duplicates.js";
import { type Restored, type Trashed, trashDuplicates, undoTrash } from "../../search/assets/trash.js";
import type { Database } from "./database.js";
import { Gate } from "./gate.js";

/** Lists of groups that are kept: one a threshold that people try. */
const KEPT = 4;

interface Found {
  readonly key: string;
  readonly groups: Promise<readonly DuplicateGroup[]>;
}

/** Groups of duplicates, found once for a state of a database and a threshold. */
export class DuplicateFinder {
  readonly #signal: AbortSignal;
  /** The search for near ones compares all hashes with each other: one at a time. */
  readonly #gate = new Gate(1, 16);
  #found: readonly Found[] = [];

  /** `signal`: the server ends. A request that ends leaves what it began for the next one. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async groups(db: Database, threshold: number = NEAR.similarity): Promise<readonly DuplicateGroup[]> {
    const key = JSON.stringify([db.name, await db.store.state(), threshold]);
    const known = this.#found.find((one) => one.key === key);
    if (known) return known.groups;
    const groups = this.#gate.run(this.#signal, () =>
      findDuplicates(db.store, { near: true, similarity: threshold, signal: this.#signal }),
    );
    this.#found = [{ key, groups }, ...this.#found].slice(0, KEPT);
    groups.catch(() => {
      this.#found = this.#found.filter((one) => one.groups !== groups);
    });
    return groups;
  }
}

/** The groups with some of their pictures as those to move. Raises `search.trash` where a group would lose all of its own. */
function reduced(groups: readonly DuplicateGroup[], ids: readonly string[]): DuplicateGroup[] {
  const wanted = new Set(ids);
  const found = groups.flatMap(({ kind, best, others }): DuplicateGroup[] => {
    const all: Copy[] = [best, ...others];
    const moved = all.filter(({ id }) => wanted.has(id));
    if (moved.length === 0) return [];
    const kept = all.find(({ id }) => !wanted.has(id));
    for (const { id } of moved) wanted.delete(id);
    if (kept) return [{ kind, best: kept, others: moved }];
    throw new ClipError(
      "search.trash",
      "Expected at least one picture of each group to stay but all of one were to be moved.",
    );
  });
  if (wanted.size === 0) return found;
  throw new ClipError(
    "search.trash",
    `Expected pictures of groups of duplicates but ${wanted.size} of ${ids.length} are in none.`,
  );
}

function trashOf(db: Database): string {
  if (db.trash !== undefined) return db.trash;
  throw new ClipError(
    "server.off",
    "Expected a server whose operator lets duplicates be moved to a trash (--trash).",
  );
}

/** Moves pictures of groups to the trash. Raises `server.off`, `search.trash`, `search.busy`. */
export async function moveToTrash(
  db: Database,
  finder: DuplicateFinder,
  ids: readonly string[],
  threshold: number | undefined,
): Promise<Trashed> {
  const trash = trashOf(db);
  const groups = reduced(await finder.groups(db, threshold), ids);
  const places = await db.places();
  const paths = groups.flatMap(({ others }) => others.map(({ path }) => path));
  if (!paths.every((path) => places.rootOf(path) !== undefined))
    throw new ClipError("search.trash", "Expected pictures in the folders that this server shows.");
  return trashDuplicates(db.store, groups, { trash });
}

/** Puts back what was moved at once. Raises `server.off`, `search.trash`. */
export async function putBack(db: Database, undo: string): Promise<Restored> {
  return undoTrash(db.store, trashOf(db), undo);
}
