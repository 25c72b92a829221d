import { type Command, InvalidArgumentError, Option } from "commander";
import { ClipError } from "../../errors.js";
import { MOST_PAGE } from "../../search/find/options.js";
import { type DbOptions, dbAddress, withDb } from "../db.js";
import { action, type ModelOptions, repeated, whole, withModel } from "../options.js";
import { search } from "../search/run.js";
import type { SearchWords } from "../search/words.js";

/** A number of an option, both ends included. */
function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
  };
}

interface Options extends ModelOptions, DbOptions, Omit<SearchWords, "db"> {}

async function run(signal: AbortSignal, options: Options, command: Command): Promise<number> {
  if (options.all && options.minRelevance !== undefined) {
    throw new ClipError("usage.search", "Expected either --all or --min-relevance but received both.");
  }
  const isOwnModel = command.getOptionValueSource("model") === "default";
  return search(signal, { ...options, db: dbAddress(options) }, isOwnModel);
}

export function searchCommand(command: Command): Command {
  command.description("find indexed pictures by words, pictures and filters");
  withDb(command)
    .optionsGroup("What is looked for (all of it together):")
    .option("-t, --text <words>", "words, as one text; may repeat", repeated)
    .option("-i, --image <picture>", "a picture; may repeat", repeated)
    .option("--query <query>", 'signs and weights: lighthouse +"at night" -people^0.5 image:a.jpg')
    .option("--like <row>", "an indexed picture, by path or id; may repeat", repeated)
    .option("--crop <x,y,w,h>", "the part of each --image to look at, in shares of its sides")
    .option("--centre", "centre words and pictures before adding them up")
    .optionsGroup("Which pictures:")
    .option("--since <date>", "taken (else changed) from then on: 2024, 2024-05, 2024-05-01T18:30")
    .option("--until <date>", "taken (else changed) up to then, the day or month included")
    .option("--folder <folder>", "in this folder or below")
    .option("--label <label>", "has this label; may repeat: all of them", repeated)
    .option("--camera <name>", "a part of the camera's name")
    .option("--min-size <size>", "pixels, of both sides or as 800x600")
    .option("--min-similarity <s>", "least cosine, -1..1", between(-1, 1))
    .option("--min-relevance <p>", "least relevance, 0..1 (default: 0.061)", between(0, 1))
    .option("--all", "also what does not fit")
    .optionsGroup("How they are shown:")
    .option("-k, --top <n>", "hits a page (default: 20)", whole(1, MOST_PAGE))
    .option("--page <cursor>", "the page after: what the page before printed")
    .option(
      "--diverse <lambda>",
      "hits that differ: 1 by similarity alone, 0 as different as can be",
      between(0, 1),
    )
    .option("--copies", "each copy of a file is a hit of its own")
    .option("--exact", "look at every vector, also where there is an index")
    .option("--html <file>", "also write a page with the pictures")
    .addOption(
      new Option("--pictures <when>", "pictures in the terminal (iTerm2, kitty)")
        .choices(["auto", "never"])
        .default("auto"),
    )
    .option("--json", "print JSON");
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip search --text "a lighthouse at night"
  zeroclip search --db photos.db --query 'lighthouse +"at night" -people'
  zeroclip search --db photos.db --image cat.jpg --crop 0.2,0,0.5,0.5 --since 2024
  zeroclip search --db photos.db --like photos/sea.jpg --diverse 0.5 --html sea.html

Relevance is the probability that a hit fits. Without --model the model that made the
store is taken. In a pipe each line is path, relevance and similarity, between tabs.`,
    )
    .action(action(run));
}
