import { ClipError } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { IMAGENET } from "./data/imagenet.js";
import { IMAGENET_EVERYDAY } from "./data/imagenet-everyday.js";
import { MODERATION, MODERATION_DESCRIPTION } from "./data/moderation.js";
import { RETAIL } from "./data/retail.js";
import { CHEST_XRAY, CIFAR10, CLOTHING, EVERYDAY, SCENES } from "./data/small-sets.js";
import { labelsAt } from "./hierarchy.js";
import type { LabelSet, SetLabel } from "./label.js";
import { fromOutline } from "./outline.js";

const named = (rows: readonly (readonly [id: string, name: string, zh?: string])[]): SetLabel[] =>
  rows.map(([id, name, zh]) => ({ id, name, ...(zh === undefined ? {} : { translations: { zh } }) }));
/** `name|译名`: names that are ids, too. */
const bilingual = (entries: readonly string[]): SetLabel[] =>
  named(
    entries.map((entry) => {
      const [name, zh] = entry.split("|") as [string, string];
      return [name, name, zh];
    }),
  );

/** Figures are those of the outline, so that they can't be another's. */
function retailSet(): LabelSet {
  const labels = fromOutline(RETAIL);
  const [departments, categories] = [
    labelsAt({ description: "", labels }, 1),
    labelsAt({ description: "", labels }, 2),
  ];
  const kinds = labelsAt({ description: "", labels });
  return {
    description: `${kinds.length} kinds of goods in ${categories.length} categories and ${departments.length} departments, in English and Chinese`,
    labels,
  };
}

/** The sets that ship with zeroclip, by name. */
export const LABEL_SETS: Readonly<Record<string, LabelSet>> = {
  "chest-xray": {
    description: "the 3 classes of the chest X-rays that the docs measure with; not for diagnosis",
    labels: named(CHEST_XRAY),
  },
  cifar10: { description: "the 10 classes of CIFAR-10, in English and Chinese", labels: bilingual(CIFAR10) },
  "clothing-10": { description: "10 kinds of clothing, in English and Chinese", labels: named(CLOTHING) },
  everyday: {
    description: "things and beings of an ordinary day, in English and Chinese",
    labels: bilingual(EVERYDAY),
  },
  "imagenet-1k": { description: "the 1,000 ImageNet classes, with WordNet ids", labels: named(IMAGENET) },
  "imagenet-everyday": {
    description: "100 things and animals of an ordinary day among ImageNet's classes, in English and Chinese",
    labels: named(IMAGENET_EVERYDAY),
  },
  moderation: { description: MODERATION_DESCRIPTION, labels: MODERATION },
  retail: retailSet(),
  scenes: { description: "where a photo was taken, in English and Chinese", labels: bilingual(SCENES) },
};

/** A ready set by name. Raises `labels.set` with the nearest name. */
export function labelSet(name: string): LabelSet {
  if (Object.hasOwn(LABEL_SETS, name)) return LABEL_SETS[name]!;
  const names = Object.keys(LABEL_SETS);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new ClipError("labels.set", `Expected one of ${names.join(", ")} but received "${name}".${hint}`);
}
