import { ClipError } from "../../errors.js";
import type { LabelSet } from "../label.js";
import { checkLabelSet } from "./check.js";
import { MOST_LABEL_BYTES } from "./limits.js";
import { fromJson, fromLines, fromYaml } from "./source.js";

/**
 * The text of a label set → the set, checked. By the name's ending YAML (`.yaml`, `.yml`) or JSON (`.json`, or a text that
 * begins with a bracket); else one label a line. Raises `labels.*` with the line: `labels.file` (what can't be read),
 * `labels.empty`, `labels.duplicate`, `labels.parent`, `labels.too-many`.
 */
export async function parseLabelSet(text: string, name: string): Promise<LabelSet> {
  if (text.length > MOST_LABEL_BYTES) {
    throw new ClipError(
      "labels.file",
      `Expected at most ${MOST_LABEL_BYTES} bytes of labels but ${name} has ${text.length}.`,
    );
  }
  const words = text.replace(/^\ufeff/, "");
  const source = /\.ya?ml$/i.test(name)
    ? await fromYaml(words, name)
    : /\.json$/i.test(name) || /^\s*(?:\[|\{\s*")/.test(words)
      ? fromJson(words, name)
      : fromLines(words);
  return checkLabelSet(source, name);
}
