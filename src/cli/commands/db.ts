import type { Command } from "commander";
import type { VectorEncoding } from "../../search/store/store.js";
import { bytes } from "../bytes.js";
import { type DbOptions, dbAddress, encodingOption, objectOptions, openDb, withDb } from "../db.js";
import { counted } from "../numbers.js";
import { action, showsProgress, withHome } from "../options.js";
import { EXIT, harmless, print, say } from "../output.js";
import { progress } from "../progress.js";

interface Options extends DbOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly encoding?: VectorEncoding;
  /** False with --no-content. */
  readonly content?: boolean;
  readonly removeDamaged?: boolean;
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);

async function stats(_signal: AbortSignal, options: Options): Promise<number> {
  await using store = await openDb(options);
  const { model, encoding, created, version } = store.identity;
  const { rows, bytes: size, index } = await store.stats();
  const frames = await store.count({ frame: true });
  const blank = await store.count({ blank: true });
  if (options.json) {
    const about = { db: store.address, kind: store.kind, model, encoding, created, version };
    print(JSON.stringify({ ...about, rows, frames, blank, bytes: size, index }));
    return EXIT.done;
  }
  print(`${store.address} (${store.kind}, made ${day(created)} by zeroclip ${version})`);
  print(`model    ${model.name} ${model.precision}, ${model.dim} numbers kept as ${encoding}`);
  print(`rows     ${rows}, of which ${frames} are frames of videos and ${blank} blank`);
  print(`size     ${size === null ? "unknown" : bytes(size)}`);
  print(
    `index    ${index === null ? "none: every vector is looked at" : `${index.kind} over ${index.rows} rows`}`,
  );
  return EXIT.done;
}

async function verify(signal: AbortSignal, options: Options): Promise<number> {
  await using store = await openDb(options);
  const { verifyFiles } = await import("../../search/ingest/verify.js");
  const bar = progress("verifying", "rows", showsProgress(options));
  const report = await verifyFiles(store, {
    ...{ content: options.content !== false, removeDamaged: options.removeDamaged ?? false },
    ...{ signal, s3: objectOptions(options) },
    onProgress: ({ done, total }) => bar.update(done, total, ""),
  }).finally(() => bar.stop());
  const { rows, files, missing, changed, unreadable, damaged, removed, faults } = report;
  const wrong = missing + changed + unreadable + damaged;
  if (options.json) print(JSON.stringify({ db: store.address, ...report }));
  else {
    for (const { path, fault, message } of faults) print(`${fault}\t${harmless(path)}\t${harmless(message)}`);
    if (wrong > faults.length) say(`… and ${wrong - faults.length} more`);
    say(
      `${counted(rows, "row")} of ${counted(files, "file")}: ${missing} missing, ${changed} changed, ${unreadable} unreadable, ${counted(damaged, "damaged row")}${removed > 0 ? `, ${removed} of them taken out: zeroclip index computes them anew` : ""}`,
    );
  }
  return wrong > 0 ? EXIT.someFailed : EXIT.done;
}

async function optimise(signal: AbortSignal, options: Options): Promise<number> {
  await using store = await openDb(options);
  const bar = progress("optimising", "steps", showsProgress(options));
  const steps = ["compact", "index", "clean"];
  await store
    .optimise({
      signal,
      onProgress: ({ step, done = 0 }) => bar.update(steps.indexOf(step) + done, steps.length, step),
    })
    .finally(() => bar.stop());
  const { rows, bytes: size, index } = await store.stats();
  if (options.json) print(JSON.stringify({ db: store.address, rows, bytes: size, index }));
  else if (!options.quiet) {
    say(`${counted(rows, "row")}, ${index ? `${index.kind} index over ${index.rows}` : "no index needed"}`);
  }
  return EXIT.done;
}

async function exported(signal: AbortSignal, file: string, options: Options): Promise<number> {
  const { exportRows } = await import("../../search/exchange/export.js");
  await using store = await openDb(options);
  const bar = progress("exporting", "rows", showsProgress(options));
  const rows = await exportRows(store, file, {
    signal,
    onProgress: ({ done, total }) => bar.update(done, total, ""),
  }).finally(() => bar.stop());
  if (options.json) print(JSON.stringify({ db: store.address, out: file, rows }));
  else if (!options.quiet) say(`${counted(rows, "row")} in ${file}`);
  return EXIT.done;
}

async function imported(signal: AbortSignal, file: string, options: Options): Promise<number> {
  const { importRows } = await import("../../search/exchange/import.js");
  const { encoding } = options;
  const bar = progress("importing", "rows", showsProgress(options));
  const rows = await importRows(
    file,
    (model) => openDb(options, { model, create: true, ...(encoding ? { encoding } : {}) }),
    {
      signal,
      onProgress: ({ step, done, total }) => bar.update(done, total, step === "check" ? "checking" : ""),
    },
  ).finally(() => bar.stop());
  if (options.json) print(JSON.stringify({ db: dbAddress(options), in: file, rows }));
  else if (!options.quiet) say(`${counted(rows, "row")} from ${file} in ${dbAddress(options)}`);
  return EXIT.done;
}

export function dbCommand(command: Command): Command {
  command.description("look after a database of pictures").addHelpText(
    "after",
    `
Examples:
  zeroclip db stats
  zeroclip db verify --db pictures.db
  zeroclip db export pictures.parquet --db pictures.db
  zeroclip db import pictures.parquet --db another.db`,
  );
  const sub = (name: string, description: string, examples: readonly string[]): Command =>
    withHome(
      withDb(command.command(name).description(description)).option("--json", "print JSON"),
    ).addHelpText(
      "after",
      `\nExamples:\n${examples.map((example) => `  zeroclip db ${example}`).join("\n")}`,
    );
  sub("stats", "what is in it, which model made it, its size and index", ["stats", "stats --json"]).action(
    action(stats),
  );
  sub("verify", "read every file again, and say what is missing or has changed", [
    "verify",
    "verify --no-content",
    "verify --no-content --remove-damaged",
  ])
    .option("--no-content", "only look at size and time")
    .option("--remove-damaged", "take damaged rows out, so that the next index computes them anew")
    .action(action(verify));
  sub("optimise", "gather small files and build or extend the index", ["optimise"]).action(action(optimise));
  sub("export <file>", "write all rows: FILE.jsonl with FILE.npy, or FILE.parquet", [
    "export pictures.jsonl",
    "export pictures.parquet --db pictures.db",
  ]).action(action(exported));
  sub("import <file>", "put rows of such a file into a database, after each was checked", [
    "import pictures.jsonl --db another.db",
  ])
    .addOption(encodingOption())
    .action(action(imported));
  return command;
}
