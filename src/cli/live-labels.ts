import { fstatSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { createInterface } from "node:readline";
import { splitLabels } from "./labels.js";

/** A typed line → the labels after it: `+cat` adds, `-dog` takes away, `a, b, c` replaces. Raises `labels.quotes`. */
export function editedLabels(labels: readonly string[], line: string): readonly string[] {
  const words = line.trim();
  if (words === "") return labels;
  const parts = splitLabels(words.replace(/^[+-]/, ""));
  if (words.startsWith("+")) return [...labels, ...parts.filter((label) => !labels.includes(label))];
  if (words.startsWith("-")) return labels.filter((label) => !parts.includes(label));
  return parts;
}

/** True where somebody may type: a terminal or a pipe. */
function mayType(): boolean {
  if (process.stdin.isTTY) return true;
  try {
    const info = fstatSync(0);
    return info.isFIFO() || info.isSocket();
  } catch {
    return false;
  }
}

/** Tells each line typed on stdin; the return value ends it. */
export function typedLines(told: (line: string) => void): () => void {
  if (!mayType()) return () => {};
  const lines = createInterface({ input: process.stdin, terminal: false });
  lines.on("line", told);
  return () => {
    lines.close();
    // An open pipe would hold the process.
    process.stdin.destroy();
  };
}

/** How long, ms, a file that is being written is left to settle. */
const SETTLE_MS = 50;

/** Tells when a file has changed, also where an editor puts a new one in its place; the return value ends it. */
export function watchedFile(path: string, told: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(path) || ".", (_, name) => {
    if (name !== null && name !== basename(path)) return;
    clearTimeout(timer);
    timer = setTimeout(told, SETTLE_MS);
  });
  watcher.on("error", () => {});
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
