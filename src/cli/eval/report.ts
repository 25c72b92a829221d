import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { ClipError, cannotWrite } from "../../errors.js";
import type { ReportInput } from "../../evaluate/report/data.js";
import { writeReport } from "../../evaluate/report/page.js";
import { makeFolder } from "../../models/folder.js";
import { imageOptionsOf, showsProgress } from "../options.js";
import { say } from "../output.js";
import { progress } from "../progress.js";
import type { EvalOptions } from "./shared.js";

const CODE = "evaluate.report";

/** Told before hours of measuring. Raises `evaluate.report`. */
export async function checkReportPath(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  if (path === "") throw new ClipError(CODE, 'Expected a file for the report but received "".');
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw new ClipError(CODE, `Expected a file for the report but ${path} is a folder.`);
  try {
    await makeFolder(dirname(path));
    await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw new ClipError(CODE, cannotWrite(path, error as Error).message, { cause: error });
  }
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
