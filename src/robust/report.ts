import { readFile } from "node:fs/promises";
import { chartPage, writePage } from "../evaluate/report/page.js";
import { PUBLISHED_NOTE, PUBLISHED_ROBUST, PUBLISHED_SOURCE } from "./published.js";
import type { Robustness } from "./robust.js";

/** What was measured → one HTML page with charts that loads nothing. Raises `evaluate.report`. */
export async function robustPage(found: Robustness): Promise<string> {
  // Beside the built module, as beside the source.
  const script = await readFile(new URL("./browser/robust.js", import.meta.url), "utf8");
  return chartPage({
    title: "Robustness",
    noScript: "This report is drawn by a script in the page.",
    data: {
      data: found,
      published: { rows: PUBLISHED_ROBUST, note: PUBLISHED_NOTE, source: PUBLISHED_SOURCE },
    },
    script,
  });
}

/** The page as a file, whole or not at all. Raises `evaluate.report`. */
export async function writeRobustReport(path: string, found: Robustness): Promise<void> {
  await writePage(path, await robustPage(found));
}
