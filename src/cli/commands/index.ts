import { type Command, Option } from "commander";
import { ClipError } from "../../errors.js";
import type { IndexOptions } from "../../search/ingest/index-folders.js";
import type { IndexReport } from "../../search/ingest/report.js";
import type { Store, VectorEncoding } from "../../search/store/store.js";
import { type DbOptions, encodingOption, objectOptions, openDb, withDb } from "../db.js";
import { sayFailures, summary } from "../index-words.js";
import { action, type ModelOptions, openModelOf, showsProgress, whole, withModel } from "../options.js";
import { EXIT, print, say, type ToldWarning, warn, warningsJson } from "../output.js";
import { progress } from "../progress.js";

interface Options extends ModelOptions, DbOptions {
  readonly watch?: boolean;
  readonly poll?: boolean;
  readonly thumbnails?: boolean;
  readonly encoding?: VectorEncoding;
  /** False with --no-videos. */
  readonly videos?: boolean;
  readonly frames?: number;
  readonly limit?: number;
  readonly removeAll?: boolean;
  readonly queue?: string;
  readonly json?: boolean;
}

/** Longest side of thumbnails, pixels: a page's grid shows them at about this height. */
const THUMBNAIL = 256;

const STEPS = { look: "looking", index: "indexing", remove: "removing" } as const;

function tell(report: IndexReport, store: Store, options: Options, warnings: readonly ToldWarning[]): void {
  if (!options.quiet) {
    sayFailures(report);
    say(summary(report, store.address));
  }
  if (!options.json) return;
  const { name, revision, precision } = store.identity.model;
  const about = { db: store.address, model: name, revision, precision };
  print(JSON.stringify({ ...about, ...report, ...warningsJson(warnings) }));
}

/** Raises `usage.watch` where what is to be watched can't be. */
function checkWatched(folders: readonly string[], { watch }: Options): void {
  const objects = folders.find((folder) => /^s3:\/\//i.test(folder));
  if (!watch || objects === undefined) return;
  throw new ClipError(
    "usage.watch",
    `Expected folders to watch but received ${objects}: run the command again instead.`,
  );
}

async function index(signal: AbortSignal, folders: readonly string[], options: Options): Promise<number> {
  checkWatched(folders, options);
  const { modelOf } = await import("../../search/ingest/model.js");
  const [{ statRoot }, { isObjects }] = await Promise.all([
    import("../../search/ingest/walk.js"),
    import("../../search/objects/address.js"),
  ]);
  // Before a database is made for nothing; a folder that is watched may come later.
  const local = folders.filter((folder) => folder === "" || !(options.watch || isObjects(folder)));
  for (const folder of local) await statRoot(folder);
  const warnings: ToldWarning[] = [];
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const { encoding, videos, frames, limit, thumbnails, removeAll } = options;
  await using store = await openDb(options, {
    model: modelOf(clip),
    create: true,
    ...(encoding ? { encoding } : {}),
  });
  const bars = Object.fromEntries(
    Object.entries(STEPS).map(([step, word]) => [step, progress(word, "files", showsProgress(options))]),
  );
  const asked: IndexOptions & { readonly signal: AbortSignal } = {
    ...{ store, encoder: clip, signal, s3: objectOptions(options) },
    onProgress: ({ step, found, done, total, failed }) => {
      for (const [other, bar] of Object.entries(bars)) if (other !== step) bar.stop();
      const note = failed > 0 ? `${failed} failed` : "";
      if (step === "index") bars[step]!.update(done, total, note);
      else bars[step]!.update(found, undefined, note);
    },
    ...(videos === undefined ? {} : { videos }),
    ...(frames === undefined ? {} : { frames }),
    ...(limit === undefined ? {} : { limit }),
    ...(thumbnails ? { thumbnail: THUMBNAIL } : {}),
    ...(removeAll === undefined ? {} : { removeAll }),
  };
  const stop = (): void => {
    for (const bar of Object.values(bars)) bar.stop();
  };
  let failed = 0;
  const done = (report: IndexReport): void => {
    stop();
    failed = report.failed;
    tell(report, store, options, warnings);
  };
  try {
    if (options.queue !== undefined) {
      const { indexByQueue } = await import("../../search/queue/coordinate.js");
      const model = { spec: options.model, identity: modelOf(clip) };
      done(await indexByQueue(folders, { ...asked, queue: options.queue, model }));
    } else if (options.watch) {
      const { watchFolders } = await import("../../search/ingest/watch.js");
      const onTrouble = ({ message }: Error): void => {
        stop();
        if (!options.quiet) warn(message);
      };
      for await (const report of watchFolders(folders, {
        ...asked,
        onTrouble,
        polling: options.poll === true,
      })) {
        done(report);
      }
    } else {
      const { indexFolders } = await import("../../search/ingest/index-folders.js");
      done(await indexFolders(folders, asked));
    }
  } finally {
    stop();
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

export function indexCommand(command: Command): Command {
  command
    .description("put pictures and videos of folders into a database, to find them again")
    .argument(
      "<folders...>",
      "folders, or s3://bucket/prefix; hidden files and what .zeroclipignore names are left out",
    )
    .option("--watch", "stay, and follow what changes in the folders")
    .option("--poll", "with --watch: look every two seconds, for network shares")
    .option("--thumbnails", `keep a small JPEG of each picture (${THUMBNAIL} pixels)`)
    .addOption(encodingOption())
    .option("--no-videos", "leave videos out")
    .option("--frames <n>", "most key frames of a video (default: 100)", whole(1, 1_000))
    .option(
      "--limit <n>",
      "read at most so many new and changed files; the next run goes on",
      whole(1, 2 ** 31),
    )
    .option("--remove-all", "also remove the rows of a folder in which nothing is left")
    .addOption(
      new Option("--queue <address>", "let workers compute (zeroclip worker): redis://host:port").conflicts([
        "watch",
        "poll",
      ]),
    )
    .option("--json", "print what was done as JSON, a line a run");
  withDb(command);
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip index photos/
  zeroclip index photos/ videos/ --db pictures.db --thumbnails
  zeroclip index photos/ --watch
  zeroclip index s3://bucket/photos --db milvus://host:19530/pictures \\
    --queue redis://host:6379

The second run computes new and changed files only; moved ones keep what is
known of them. It may be interrupted at any time: the same command goes on.`,
    )
    .action(action(index, { patient: true }));
}
