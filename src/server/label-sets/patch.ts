import { ClipError } from "../../errors.js";
import type { LabelBody, LabelSetBody, LabelSetPatch } from "../wire/labels.js";

const idOf = (label: LabelBody): string => (typeof label === "string" ? label : (label.id ?? label.name));

/** A set with a change made to it; the order of what stays is kept. Raises `labels.unknown`, `labels.duplicate`. */
export function patched(set: LabelSetBody, patch: LabelSetPatch): LabelSetBody {
  const labels = new Map(set.labels.map((label) => [idOf(label), label]));
  const known = (id: string): string => {
    if (labels.has(id)) return id;
    throw new ClipError(
      "labels.unknown",
      `Expected the id of a label of the set but received ${JSON.stringify(id)}.`,
    );
  };
  for (const id of patch.remove ?? []) labels.delete(known(id));
  for (const label of patch.replace ?? []) labels.set(known(idOf(label)), label);
  for (const label of patch.add ?? []) {
    const id = idOf(label);
    if (labels.has(id))
      throw new ClipError(
        "labels.duplicate",
        `Expected new labels to add but ${JSON.stringify(id)} is in the set already.`,
      );
    labels.set(id, label);
  }
  const none = patch.none === undefined ? set.none : (patch.none ?? undefined);
  const description = patch.description ?? set.description;
  return {
    ...(description ? { description } : {}),
    labels: [...labels.values()],
    ...(none === undefined ? {} : { none }),
  };
}
