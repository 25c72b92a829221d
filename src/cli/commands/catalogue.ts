import type { Command } from "commander";
import { evaluate, fit, list, recognisePhotos, recommend } from "../catalogue/ask.js";
import { add, changes, importFile, remove } from "../catalogue/change.js";
import { action, numberFrom, repeated, whole, withHome, withModel } from "../options.js";

export function catalogueCommand(command: Command): Command {
  command.description("products of a shop: recognise them in photos, recommend others").addHelpText(
    "after",
    `
Examples:
  zeroclip catalogue import products.csv --catalogue shop
  zeroclip catalogue recognise photo.jpg --catalogue shop
  zeroclip catalogue recommend --similar-to p-17 --catalogue shop`,
  );
  const sub = (use: string, description: string): Command =>
    command
      .command(use)
      .description(description)
      .requiredOption("-c, --catalogue <folder>", "where the catalogue lies")
      .option("--json", "print JSON");
  const examples = (lines: readonly string[]): string =>
    `\nExamples:\n${lines.map((line) => `  zeroclip catalogue ${line}`).join("\n")}`;
  withModel(
    sub("import <file>", "put products of a .csv, .tsv or .jsonl file in; those of the same id are replaced"),
  )
    .addHelpText(
      "after",
      examples(["import products.csv --catalogue shop", "import products.jsonl --catalogue shop --json"]),
    )
    .action(action(importFile));
  withModel(
    sub("add <id>", "put one product in; it is found at once")
      .requiredOption("--name <name>", "its name in English")
      .option("--name-zh <name>", "its name in Chinese")
      .option("--description <text>", "what it is, in English")
      .option("--category <name>", "a category, the widest first; may repeat", repeated)
      .option("--price <amount>", "its price", numberFrom(0, 1e12))
      .option("--currency <code>", "three letters (default: USD)")
      .option("--picture <file>", "a picture of it; may repeat", repeated),
  )
    .addHelpText(
      "after",
      examples([
        'add p-17 --name "red shirt" --picture shirt.jpg --category shirts --price 19.9 --catalogue shop',
      ]),
    )
    .action(action(add));
  withHome(sub("remove <ids...>", "take products out"))
    .addHelpText("after", examples(["remove p-17 p-18 --catalogue shop"]))
    .action(action(remove));
  withHome(
    sub("list", "print its products, a line each").option(
      "--category <name>",
      "only of this category; may repeat",
      repeated,
    ),
  )
    .addHelpText(
      "after",
      examples(["list --catalogue shop", "list --category shirts --catalogue shop --json"]),
    )
    .action(action(list));
  withModel(
    sub("recognise <photos...>", "which products photos show").option(
      "-k, --top <n>",
      "candidates a photo (default: 5)",
      whole(1, 1_000),
    ),
  )
    .addHelpText(
      "after",
      examples(["recognise photo.jpg --catalogue shop", "recognise photos/ --catalogue shop --json"]),
    )
    .action(action(recognisePhotos));
  withModel(
    sub(
      "fit",
      "fit how pictures and words count, and from when on a photo shows none of the products",
    ).requiredOption("--photos <folder>", "photos to fit with, a folder a product, named by its id"),
  )
    .addHelpText("after", examples(["fit --photos validation/ --catalogue shop"]))
    .action(action(fit));
  withHome(
    sub("recommend", "products like one, like what was liked, or that go with one")
      .option("--similar-to <id>", "products that look like this one")
      .option("--like <id>", "a product that was liked; may repeat, the oldest first", repeated)
      .option("--look-of <id>", "products that go with this one, by --look-rules")
      .option("--look-rules <file>", 'which categories go together: {"shirts": ["trousers", "shoes"]}')
      .option("--category <name>", "only of this category; may repeat", repeated)
      .option("--least <price>", "least price", numberFrom(0, 1e12))
      .option("--most <price>", "highest price", numberFrom(0, 1e12))
      .option(
        "--diverse <lambda>",
        "products that differ: 1 by likeness alone, 0 as different as can be",
        numberFrom(0, 1),
      )
      .option("-k, --top <n>", "how many (default: 10; 3 a category with --look-of)", whole(1, 1_000)),
  )
    .addHelpText(
      "after",
      examples([
        "recommend --similar-to p-17 --most 50 --catalogue shop",
        "recommend --like p-17 --like p-18 --diverse 0.5 --catalogue shop",
        "recommend --look-of p-17 --look-rules look.json --catalogue shop",
      ]),
    )
    .action(action(recommend));
  withModel(
    sub("evaluate", "measure recognition on photos and recommendations on likes")
      .option("--photos <folder>", "photos to measure with, a folder a product, named by its id")
      .option("--likes <file>", "a list user,product,time: the last 40 % of each user's are looked for")
      .option("--diverse <lambda>", "as in recommend", numberFrom(0, 1))
      .option("-k, --top <n>", "length of lists (default: 10)", whole(1, 1_000)),
  )
    .addHelpText(
      "after",
      examples([
        "evaluate --photos test/ --catalogue shop",
        "evaluate --likes likes.csv --top 20 --catalogue shop",
      ]),
    )
    .action(action(evaluate));
  withHome(
    sub("changes", "print the change feed, a JSON object a line")
      .option("--since <number>", "only those after this one", whole(0, Number.MAX_SAFE_INTEGER))
      .option("--most <n>", "at most so many (default: 1000)", whole(1, 1_000_000)),
  )
    .addHelpText("after", examples(["changes --catalogue shop", "changes --since 120 --catalogue shop"]))
    .action(action(changes));
  return command;
}
