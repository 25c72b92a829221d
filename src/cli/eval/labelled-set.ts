import { basename } from "node:path";
import type { Warning } from "../../encoder.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import { labelsAt } from "../../zeroshot/hierarchy.js";
import { type ToldWarning, tellOnce } from "../output.js";
import { type ClassOptions, givenLabelsOf, namesOf } from "./names.js";

/** The options of a command that fits something on labelled pictures. */
interface LabelledOptions extends ClassOptions {
  readonly split?: string;
  readonly quiet?: boolean;
}

/** Labelled pictures, their classes as `--label-set` or `--labels-file` say. Raises `evaluate.*`, `labels.*`, `usage.labels`. */
export async function labelledSet(
  path: string,
  options: LabelledOptions,
  signal: AbortSignal,
  warnings: ToldWarning[],
  endings?: readonly string[],
): Promise<LabelledSet> {
  const [{ openSet }, { withLabels }, { codedNames }] = await Promise.all([
    import("../../evaluate/data/open-set.js"),
    import("../../evaluate/data/label-entries.js"),
    import("../../evaluate/data/coded-names.js"),
  ]);
  const tell = (warning: Warning): void => tellOnce(warnings, warning, options.quiet);
  const [labels] = await givenLabelsOf(options, 1);
  const set = await openSet(path, basename(path), {
    names: await namesOf(undefined, options),
    ...(labels === undefined ? {} : { numbered: labelsAt(labels.set).map(({ name }) => name) }),
    signal,
    ...(endings ? { endings } : {}),
    ...(options.split === undefined ? {} : { split: options.split }),
    onWarning: tell,
  });
  if (labels) return withLabels(set, labels);
  const coded = codedNames(set);
  if (coded) tell(coded);
  return set;
}
