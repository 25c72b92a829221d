import type { Command } from "commander";
import { labelsAt, levelsOf, waysOf } from "../../zeroshot/hierarchy.js";
import { type LabelSet, type SetLabel, translationOf } from "../../zeroshot/label.js";
import { labelNotices } from "../../zeroshot/label-notices.js";
import { LABEL_SETS, labelSet } from "../../zeroshot/label-sets.js";
import { readLabelsFile } from "../labels.js";
import { counted } from "../numbers.js";
import { action } from "../options.js";
import { EXIT, harmless, print, type ToldWarning, warn, warningsJson } from "../output.js";
import { table } from "../table.js";

interface Options {
  readonly json?: boolean;
}

/** What a set has, in numbers. */
interface Figures {
  readonly description: string;
  readonly labels: number;
  readonly chosenAmong: number;
  readonly levels: number;
  readonly languages: readonly string[];
  readonly withAliases: number;
  readonly withPrompts: number;
  readonly withDescriptions: number;
  readonly none?: string;
}

function figures(set: LabelSet): Figures {
  const { labels, none } = set;
  const having = (has: (label: SetLabel) => boolean): number => labels.filter(has).length;
  return {
    description: set.description,
    labels: labels.length,
    chosenAmong: labelsAt(set).length,
    levels: levelsOf(set),
    languages: [...new Set(labels.flatMap(({ translations }) => Object.keys(translations ?? {})))],
    withAliases: having(({ aliases }) => aliases !== undefined),
    withPrompts: having(({ prompts }) => prompts !== undefined),
    withDescriptions: having(({ description }) => description !== undefined),
    ...(none === undefined ? {} : { none }),
  };
}

async function list(_signal: AbortSignal, { json }: Options): Promise<number> {
  const sets = Object.entries(LABEL_SETS);
  if (json) {
    print(JSON.stringify({ sets: sets.map(([name, set]) => ({ name, ...figures(set) })) }, null, 2));
    return EXIT.done;
  }
  const right = { align: "right" } as const;
  const columns = [
    { title: "set" },
    { title: "labels", ...right },
    { title: "to choose among", ...right },
    { title: "levels", ...right },
    { title: "" },
  ];
  const rows = sets.map(([name, set]) => [
    name,
    String(set.labels.length),
    String(labelsAt(set).length),
    String(levelsOf(set)),
    set.description,
  ]);
  print(table(columns, rows));
  return EXIT.done;
}

async function show(_signal: AbortSignal, name: string, { json }: Options): Promise<number> {
  const set = labelSet(name);
  if (json) {
    print(JSON.stringify(set, null, 2));
    return EXIT.done;
  }
  const ways = waysOf(set);
  const { languages } = figures(set);
  const rows = set.labels.map((label) => {
    const words = languages.map((language) => translationOf(label, language) ?? "");
    const indent = "  ".repeat(ways.get(label.id)?.length ?? 0);
    return [indent + label.name, ...words, label.id === label.name ? "" : label.id].map(harmless);
  });
  const columns = ["label", ...languages, "id"].map((title) => ({ title }));
  // For a pipe between tabs: the name, its translations, its id where that is another.
  const lines = process.stdout.isTTY
    ? [table(columns, rows)]
    : rows.map((row) => (row.at(-1) === "" ? row.slice(0, -1) : row).join("\t"));
  print([`# ${set.description}`, ...lines].join("\n"));
  return EXIT.done;
}

async function check(_signal: AbortSignal, file: string, { json }: Options): Promise<number> {
  const set = await readLabelsFile(file);
  const warnings: ToldWarning[] = labelNotices(set);
  if (json) print(JSON.stringify({ file, ...figures(set), ...warningsJson(warnings) }, null, 2));
  else {
    for (const { message } of warnings) warn(message);
    const { labels, chosenAmong, levels, languages } = figures(set);
    const tongues = languages.length > 0 ? `, translated into ${languages.join(", ")}` : "";
    print(
      `${file}: ${counted(labels, "label")} on ${counted(levels, "level")}, ${chosenAmong} to choose among${tongues}`,
    );
  }
  return EXIT.done;
}

export function labelsCommand(command: Command): Command {
  command.description("show and check label sets").addHelpText(
    "after",
    `
Examples:
  zeroclip labels list
  zeroclip labels show retail
  zeroclip labels check goods.yaml`,
  );
  const sub = (use: string, description: string, example: string): Command =>
    command
      .command(use)
      .description(description)
      .option("--json", "print JSON")
      .addHelpText("after", `\nExample:\n  zeroclip labels ${example}`);
  sub("list", "the sets that ship with zeroclip", "list --json").action(action(list));
  sub("show <name>", "all labels of a set", "show retail").action(action(show));
  sub("check <file>", "read a label set; what is wrong is told with its line", "check goods.yaml").action(
    action(check),
  );
  return command;
}
