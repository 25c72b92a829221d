import type { ImageInput } from "../../image/sources.js";
import { type GivenLabels, withLabels } from "./label-entries.js";
import type { SetClass } from "./labelled-set.js";
import { readTags } from "./manifest.js";
import { classesOf, fingerprintOf, type SetOptions, sortedIds } from "./set-options.js";

/** A picture for which any number of labels holds. */
export interface TaggedPicture {
  readonly name: string;
  /** Positions of the labels that hold, rising; may be empty. */
  readonly truths: readonly number[];
  readonly open: () => ImageInput;
}

/** Pictures of a list that names all labels that hold for each. */
export interface TaggedSet {
  readonly name: string;
  readonly classes: readonly SetClass[];
  readonly pictures: readonly TaggedPicture[];
  readonly fingerprint: string;
}

/** Documented in `../door.ts`. */
export async function openTagged(
  path: string,
  name: string,
  options: SetOptions & { readonly labels?: GivenLabels | undefined } = {},
): Promise<TaggedSet> {
  const { labels, names = new Map(), signal } = options;
  const entries = await readTags(path, options);
  const ids = sortedIds(entries.flatMap(({ tags }) => tags));
  const fingerprint = await fingerprintOf(
    entries.map(({ path: file }) => file),
    entries.map(({ tags }) => tags),
    signal,
  );
  const own = {
    name,
    kind: "manifest",
    classes: classesOf(ids, names, path),
    pictures: [],
    fingerprint,
  } as const;
  const { classes } = labels ? withLabels(own, labels) : own;
  const place = new Map(classes.map(({ id }, i) => [id, i]));
  const pictures = entries.map(({ path: file, tags }): TaggedPicture => {
    const truths = [...new Set(tags)].map((tag) => place.get(tag)!);
    return { name: file, truths: truths.sort((a, b) => a - b), open: () => file };
  });
  return { name, classes, pictures, fingerprint };
}
