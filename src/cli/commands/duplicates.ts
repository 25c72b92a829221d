import type { Command } from "commander";
import { ClipError } from "../../errors.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { type DuplicateGroup, findDuplicates, NEAR } from "../../search/assets/duplicates.js";
import { duplicatesPage } from "../../search/assets/duplicates-page.js";
import { listBatches } from "../../search/assets/journal.js";
import { type Refused, trashDuplicates, undoTrash } from "../../search/assets/trash.js";
import { filterOf, rowsBar, type StoreOptions, trashOf, withStore } from "../assets/store.js";
import { bytes } from "../bytes.js";
import { dbAddress, openDb, withDb } from "../db.js";
import { counted } from "../numbers.js";
import { action, numberFrom, whole } from "../options.js";
import { complain, EXIT, errorJson, harmless, print, say } from "../output.js";

interface Options extends StoreOptions {
  readonly near?: boolean;
  readonly bits?: number;
  readonly similarity?: number;
  readonly html?: string;
  readonly trash?: boolean;
  readonly trashFolder?: string;
}

/** A line a file: the group's number, what becomes of it, path, why. */
function lines(groups: readonly DuplicateGroup[]): string[] {
  return groups.flatMap(({ best, others }, i) => [
    [i + 1, "keep", harmless(best.path), ""].join("\t"),
    ...others.map(({ path, exact, similarity }) =>
      [i + 1, "other", harmless(path), exact ? "same bytes" : similarity.toFixed(4)].join("\t"),
    ),
  ]);
}

function refusedJson(refused: readonly Refused[]): object[] {
  return refused.map(({ path, error }) => ({ path, error: errorJson(error) }));
}

function complainAll(refused: readonly Refused[]): number {
  for (const { path, error } of refused) complain(error, path);
  return refused.length > 0 ? EXIT.someFailed : EXIT.done;
}

async function duplicates(signal: AbortSignal, options: Options): Promise<number> {
  const { near = false, bits, similarity, html, trash, json, quiet } = options;
  if (!near && (bits ?? similarity) !== undefined) {
    throw new ClipError(
      "usage.duplicates",
      "Expected --near with --bits and --similarity but received none.",
    );
  }
  await using store = await openDb(options);
  const filter = await filterOf(options);
  const groups = await findDuplicates(store, {
    near,
    signal,
    ...(bits === undefined ? {} : { bits }),
    ...(similarity === undefined ? {} : { similarity }),
    ...(filter ? { filter } : {}),
  });
  if (html !== undefined) await writeFileAtomic(html, duplicatesPage(groups, html));
  const others = groups.flatMap((group) => group.others);
  const size = bytes(others.reduce((sum, copy) => sum + copy.bytes, 0));
  if (!trash) {
    if (json) print(JSON.stringify({ groups }, null, 2));
    else if (groups.length > 0) print(lines(groups).join("\n"));
    if (!json && !quiet) {
      const those = groups.length === 1 ? "the one" : "those";
      say(
        `${counted(groups.length, "group")}, ${counted(others.length, "file")} beside ${those} to keep, ${size}`,
      );
    }
    return EXIT.done;
  }
  const { bar, onProgress } = rowsBar("checking", options);
  const folder = trashOf(dbAddress(options), options.trashFolder);
  const done = await trashDuplicates(store, groups, { trash: folder, signal, onProgress }).finally(bar.stop);
  const { batch, moved, refused } = done;
  if (json) print(JSON.stringify({ trash: folder, batch, moved, refused: refusedJson(refused) }, null, 2));
  else {
    for (const { from, to } of moved) print(`${harmless(from)}\t${harmless(to)}`);
    const which = options.db === undefined ? "" : ` --db ${options.db}`;
    const them = moved.length === 1 ? "it" : "them";
    const undo =
      batch === undefined ? "" : `; zeroclip duplicates undo${which} --batch ${batch} puts ${them} back`;
    if (!quiet) say(`${counted(moved.length, "file")} moved to ${folder}${undo}`);
  }
  return complainAll(refused);
}

interface UndoOptions extends StoreOptions {
  readonly trashFolder?: string;
  readonly batch?: string;
  readonly list?: boolean;
}

async function undo(_signal: AbortSignal, options: UndoOptions): Promise<number> {
  const folder = trashOf(dbAddress(options), options.trashFolder);
  if (options.list) {
    const batches = await listBatches(folder);
    if (options.json) print(JSON.stringify({ trash: folder, batches }, null, 2));
    else if (batches.length > 0) print(batches.join("\n"));
    return EXIT.done;
  }
  await using store = await openDb(options);
  const { restored, refused } = await undoTrash(store, folder, options.batch);
  if (options.json)
    print(JSON.stringify({ trash: folder, restored, refused: refusedJson(refused) }, null, 2));
  else {
    for (const { to } of restored) print(harmless(to));
    if (!options.quiet)
      say(`${counted(restored.length, "file")} ${restored.length === 1 ? "is" : "are"} back`);
  }
  return complainAll(refused);
}

export function duplicatesCommand(command: Command): Command {
  command.description("find copies and pictures that look alike; move them to a trash that can be undone");
  const trashFolder = "where moved files lie (default: beside the database, DATABASE-trash)";
  const find = command
    .command("find", { isDefault: true })
    .description("list groups, with the copy to keep first");
  withStore(find)
    .option("--near", "also pictures that look alike: both --bits and --similarity hold")
    .option(
      "--bits <n>",
      `most of 64 bits in which perceptual hashes differ (default: ${NEAR.bits})`,
      whole(0, 20),
    )
    .option("--similarity <cosine>", `least cosine (default: ${NEAR.similarity})`, numberFrom(-1, 1))
    .option("--html <file>", "also write a page for review")
    .option("--trash", "move all but the copy to keep to the trash folder")
    .option("--trash-folder <folder>", trashFolder)
    .option("-q, --quiet", "no words on stderr")
    .addHelpText(
      "after",
      `
Examples:
  zeroclip duplicates
  zeroclip duplicates --db photos.db --near --html review.html
  zeroclip duplicates --db photos.db --near --trash
  zeroclip duplicates undo --db photos.db

The copy to keep has most pixels, then is sharpest, then has most bytes. Blank
pictures are never a group. Nothing is moved without --trash, nothing deleted.`,
    )
    .action(action(duplicates));
  const back = command.command("undo").description("put moved files and their rows back");
  withDb(back)
    .option("--batch <id>", "which of the moves (default: the newest)")
    .option("--list", "list the moves that can be undone, the newest first")
    .option("--trash-folder <folder>", trashFolder)
    .option("--json", "print JSON")
    .option("-q, --quiet", "no words on stderr")
    .addHelpText(
      "after",
      "\nExamples:\n  zeroclip duplicates undo --db photos.db\n  zeroclip duplicates undo --db photos.db --list",
    )
    .action(action(undo));
  return command;
}
