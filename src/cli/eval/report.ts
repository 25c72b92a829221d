import type { ReportInput } from "../../evaluate/report/data.js";
import { writeReport } from "../../evaluate/report/page.js";
import { imageOptionsOf, showsProgress } from "../options.js";
import { say } from "../output.js";
import { progress } from "../progress.js";
import { checkWritable } from "../writable.js";
import type { EvalOptions } from "./shared.js";

/** Told before hours of measuring. Raises `evaluate.report`. */
export async function checkReportPath(path: string | undefined): Promise<void> {
  if (path !== undefined) await checkWritable(path, "the report", "evaluate.report");
}

/** Writes `--report`, with a bar while previews are made. */
export async function saveReport(
  signal: AbortSignal,
  path: string,
  measured: Omit<ReportInput, "version" | "image" | "signal" | "onProgress">,
  options: EvalOptions,
): Promise<void> {
  const bar = progress("report", "pictures", showsProgress(options));
  try {
    await writeReport(path, {
      ...measured,
      image: imageOptionsOf(options),
      signal,
      onProgress: ({ done, total }) => bar.update(done, total, ""),
    });
  } finally {
    bar.stop();
  }
  if (!options.quiet) say(`The report is in ${path}.`);
}
