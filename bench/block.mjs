// Parts of documents that commands write: between `<!-- begin measured … -->` and `<!-- end measured -->`.
import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** Puts `text` between the marks of a file; what stood there is gone. */
export function writeBlock(path, command, text) {
  const before = readFileSync(path, "utf8");
  const marks = /<!-- begin measured[^>]*-->[\s\S]*?<!-- end measured -->/;
  if (!marks.test(before))
    throw new Error(`Expected <!-- begin measured --> and <!-- end measured --> in ${path}.`);
  const block = `<!-- begin measured: written by \`${command}\`; do not edit -->\n\n${text.trim()}\n\n<!-- end measured -->`;
  const partial = `${path}.${process.pid}.partial`;
  writeFileSync(
    partial,
    before.replace(marks, () => block),
  );
  renameSync(partial, path);
}
