import { ClipError } from "../errors.js";
import type { IndexFailure, IndexReport } from "../search/ingest/report.js";
import { counted } from "./numbers.js";
import { complain, say } from "./output.js";

/** Failures that are listed one by one; of the rest their number is told. */
const LISTED = 20;

/** What was done, in one line: `8091 files: 8091 added`. */
export function summary(report: IndexReport, address: string): string {
  const { found, frames, left, kept, seconds } = report;
  const counts = [
    "unchanged",
    "added",
    "changed",
    "moved",
    "copied",
    "touched",
    "removed",
    "failed",
  ] as const;
  const parts = counts.filter((name) => report[name] > 0).map((name) => `${report[name]} ${name}`);
  if (frames > 0) parts.push(`${counted(frames, "frame")} of videos`);
  if (left > 0) parts.push(`${left} left for the next run`);
  if (kept > 0) parts.push(`${kept} kept that could not be looked at`);
  const computed = report.added + report.changed;
  const rate = computed > 0 && seconds > 0 ? ` (${(computed / seconds).toFixed(1)} a second)` : "";
  return `${address}: ${counted(found, "file")} found: ${parts.join(", ") || "nothing to do"}${rate}`;
}

/** Files that failed, the first ones by name, and how many of which kind. */
export function sayFailures({
  errors,
  failures,
  failed,
}: Pick<IndexReport, "errors" | "failures" | "failed">): void {
  for (const { path, code, message } of errors.slice(0, LISTED)) sayFailure({ path, code, message });
  if (failed <= LISTED) return;
  const kinds = Object.entries(failures).map(([code, count]) => `${count} ${code}`);
  say(`… and ${failed - LISTED} more; of all ${failed}: ${kinds.join(", ")}`);
}

function sayFailure({ path, code, message }: IndexFailure): void {
  complain(new ClipError(code, message), message.includes(path) ? undefined : path);
}
