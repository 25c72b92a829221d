import type { Command } from "commander";
import { findOutliers } from "../../search/assets/outliers.js";
import { printListed } from "../assets/listed.js";
import { filterOf, rowsBar, type StoreOptions, withStore } from "../assets/store.js";
import { openDb } from "../db.js";
import { action, whole } from "../options.js";

interface Options extends StoreOptions {
  readonly top?: number;
}

async function outliers(signal: AbortSignal, options: Options): Promise<number> {
  await using store = await openDb(options);
  const filter = await filterOf(options);
  const { bar, onProgress } = rowsBar("comparing", options);
  const list = await findOutliers(store, {
    signal,
    onProgress,
    top: options.top ?? 20,
    ...(filter ? { filter } : {}),
  }).finally(bar.stop);
  return printListed(list, options);
}

export function outliersCommand(command: Command): Command {
  return withStore(command)
    .description("list the pictures of a database that are least like any others")
    .option("-k, --top <n>", "how many (default: 20)", whole(1, 10_000))
    .option("-q, --quiet", "no progress")
    .addHelpText(
      "after",
      `
Examples:
  zeroclip outliers --db photos.db
  zeroclip outliers --db photos.db --folder holidays --top 50 --json

The score is 1 less the mean cosine with the 10 nearest others.`,
    )
    .action(action(outliers));
}
