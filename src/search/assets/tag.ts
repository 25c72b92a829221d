import type { LabelVectors } from "../../encoder.js";
import { ClipError } from "../../errors.js";
import { MOST_LABEL, MOST_LABELS } from "../check-row.js";
import type { Filter } from "../store/filter.js";
import type { Store } from "../store/store.js";
import { similaritiesTo, type Tag, type TagRule, tagsOf } from "./judge.js";

export interface TagOptions {
  readonly rule: TagRule;
  readonly filter?: Filter;
  /**
   * True: a row's labels become those that are found. False (default): labels of the set that are no longer found go, those that
   * are not of the set stay.
   */
  readonly replace?: boolean;
  /** False: nothing is written to the store. Default true. */
  readonly write?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A row and its labels after tagging. */
export interface TaggedRow {
  readonly id: string;
  readonly path: string;
  readonly time: number | null;
  readonly tags: readonly Tag[];
  /** All labels that the row now has. */
  readonly labels: readonly string[];
  readonly changed: boolean;
}

/** Rows that are read, judged and written together. */
const BATCH = 1_000;

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((label, i) => label === b[i]);
}

function checkSet(labels: readonly string[]): void {
  const long = labels.find((label) => label.length > MOST_LABEL);
  if (long === undefined) return;
  throw new ClipError(
    "search.options",
    `Expected labels of at most ${MOST_LABEL} characters but one has ${long.length}: ${long.slice(0, 40)}….`,
  );
}

/**
 * Labels every row of a store by its vector, so that no picture is read; yields batches in the order of ids, each after it was
 * written. The same call again changes nothing. Raises what the store does.
 */
export async function* tagStore(
  store: Store,
  { labels, vectors }: LabelVectors,
  options: TagOptions,
): AsyncGenerator<TaggedRow[]> {
  const { rule, filter, replace = false, write = true, signal, onProgress } = options;
  checkSet(labels);
  const similarities = similaritiesTo(vectors);
  const own = new Set(labels);
  const total = await store.count(filter);
  let done = 0;
  const scanning = store.scan({
    columns: ["path", "time", "labels", "vector"],
    batch: BATCH,
    ...(filter ? { filter } : {}),
    ...(signal ? { signal } : {}),
  });
  for await (const rows of scanning) {
    const tagged = rows.map(({ id, path, time, labels: before, vector }): TaggedRow => {
      const tags = tagsOf(similarities(vector), labels, rule);
      const kept = replace ? [] : before.filter((label) => !own.has(label));
      const after = [...kept, ...tags.map(({ label }) => label)].slice(0, MOST_LABELS);
      return { id, path, time, tags, labels: after, changed: !isSame(before, after) };
    });
    const changes = tagged.filter(({ changed }) => changed);
    if (write && changes.length > 0) await store.patch(changes.map(({ id, labels }) => ({ id, labels })));
    done += rows.length;
    onProgress?.({ done, total: Math.max(total, done) });
    yield tagged;
  }
}
