import type { Listed } from "../../search/assets/outliers.js";
import { EXIT, harmless, print, type ToldWarning, warningsJson } from "../output.js";

/** A sorted list: JSON, or a line a picture with its score, its path and, of a key frame, its time. */
export function printListed(
  list: readonly Listed[],
  { json }: { readonly json?: boolean },
  head: object = {},
  warnings: readonly ToldWarning[] = [],
): number {
  if (json) {
    const results = list.map(({ path, time, score }) => ({
      path,
      ...(time === null ? {} : { time }),
      score,
    }));
    print(JSON.stringify({ ...head, results, ...warningsJson(warnings) }, null, 2));
    return EXIT.done;
  }
  for (const { path, time, score } of list) {
    const frame = time === null ? [] : [`${(time / 1000).toFixed(3)} s`];
    print([score.toFixed(4), harmless(path), ...frame].join("\t"));
  }
  return EXIT.done;
}
