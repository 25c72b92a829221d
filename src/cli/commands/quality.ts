import type { Command } from "commander";
import { ClipError } from "../../errors.js";
import { type PromptPair, QUALITY_PAIRS, qualityOf, sortByQuality } from "../../search/assets/quality.js";
import { printListed } from "../assets/listed.js";
import { filterOf, openDbAndModel, rowsBar, type StoreOptions, withStore } from "../assets/store.js";
import { splitLabels } from "../labels.js";
import { action, type ModelOptions, repeated, whole, withModel } from "../options.js";
import type { ToldWarning } from "../output.js";

interface Options extends ModelOptions, StoreOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly pair?: readonly string[];
  readonly worst?: boolean;
  readonly top?: number;
}

function pairOf(text: string): PromptPair {
  const [wanted, unwanted, ...more] = splitLabels(text);
  if (wanted && unwanted && more.length === 0) return [wanted, unwanted];
  throw new ClipError(
    "usage.pair",
    `Expected two texts with a comma between, "a sharp photo, a blurry photo", but received ${JSON.stringify(text)}.`,
  );
}

async function quality(signal: AbortSignal, options: Options, command: Command): Promise<number> {
  const pairs = options.pair?.map(pairOf) ?? QUALITY_PAIRS;
  const warnings: ToldWarning[] = [];
  await using opened = await openDbAndModel(options, command, signal, warnings);
  const direction = await qualityOf(opened.clip, pairs);
  const filter = await filterOf(options);
  const { bar, onProgress } = rowsBar("scoring", options);
  const list = await sortByQuality(opened.store, direction, {
    signal,
    onProgress,
    top: options.top ?? 20,
    worst: options.worst === true,
    ...(filter ? { filter } : {}),
  }).finally(bar.stop);
  return printListed(list, options, { pairs }, warnings);
}

export function qualityCommand(command: Command): Command {
  withStore(command)
    .description("sort the pictures of a database between pairs of words")
    .option(
      "--pair <texts>",
      'what is wanted and what is not: "a sharp photo, a blurry photo"; may repeat',
      repeated,
    )
    .option("--worst", "the worst first")
    .option("-k, --top <n>", "how many (default: 20)", whole(1, 10_000));
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip quality --db photos.db --worst
  zeroclip quality --db photos.db --pair "a sharp photo, a blurry photo" --top 100

Without --pair: ${QUALITY_PAIRS.map(([a, b]) => `"${a}, ${b}"`).join(",\n")}.`,
    )
    .action(action(quality));
}
