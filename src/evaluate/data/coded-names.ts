import type { Warning } from "../../encoder.js";
import { andMore } from "../../errors.js";
import type { LabelledSet } from "./labelled-set.js";

const WORDNET_ID = /^n\d{8}$/;

/** What is said of classes that are called by WordNet ids alone: no model reads a picture's contents in those. */
export function codedNames({ name, classes }: LabelledSet): Warning | undefined {
  const coded = classes.filter(({ label }) => WORDNET_ID.test(label));
  const [first] = coded;
  if (!first) return undefined;
  const count = coded.length;
  return {
    code: "evaluate.wordnet",
    message: `The class ${first.label} of ${name} is called by a WordNet id, which says nothing to a model${andMore(count - 1)}: --label-set imagenet-1k knows those of ImageNet, --names any.`,
    count,
  };
}
