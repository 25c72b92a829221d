import { ClipError } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { IMAGENET } from "./data/imagenet.js";
import { MODERATION, MODERATION_DESCRIPTION } from "./data/moderation.js";
import { RETAIL } from "./data/retail.js";
import { CHEST_XRAY, CIFAR10, CLOTHING, EVERYDAY, SCENES } from "./data/small-sets.js";
import { labelsAt } from "./hierarchy.js";
import type { LabelSet, SetLabel } from "./label.js";
import { fromOutline } from "./outline.js";

const pairs = (rows: readonly (readonly [string, string])[]): SetLabel[] =>
  rows.map(([id, name]) => ({ id, name }));
const plain = (names: readonly string[]): SetLabel[] => names.map((name) => ({ id: name, name }));

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
    labels: pairs(CHEST_XRAY),
  },
  cifar10: { description: "the 10 classes of CIFAR-10", labels: plain(CIFAR10) },
  "clothing-10": { description: "10 kinds of clothing", labels: pairs(CLOTHING) },
  everyday: { description: "things and beings of an ordinary day", labels: plain(EVERYDAY) },
  "imagenet-1k": { description: "the 1,000 ImageNet classes, with WordNet ids", labels: pairs(IMAGENET) },
  moderation: { description: MODERATION_DESCRIPTION, labels: MODERATION },
  retail: retailSet(),
  scenes: { description: "where a photo was taken", labels: plain(SCENES) },
};

/** A ready set by name. Raises `labels.set` with the nearest name. */
export function labelSet(name: string): LabelSet {
  if (Object.hasOwn(LABEL_SETS, name)) return LABEL_SETS[name]!;
  const names = Object.keys(LABEL_SETS);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new ClipError("labels.set", `Expected one of ${names.join(", ")} but received "${name}".${hint}`);
}
