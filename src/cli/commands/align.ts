import type { Command } from "commander";
import type { AlignedModel } from "../../align/aligned-model.js";
import { action, numberFrom, showsProgress, whole, withHome } from "../options.js";
import { EXIT, harmless, print, type ToldWarning, warn, warningsJson } from "../output.js";
import { stagedProgress } from "../progress.js";

interface Options {
  readonly pairs: string;
  readonly out: string;
  readonly model: string;
  readonly tokens?: number;
  readonly width?: number;
  readonly ridge?: number;
  readonly seed?: number;
  readonly home?: string;
  readonly offline?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly json?: boolean;
}

const STAGES = {
  download: ["downloading", "bytes"],
  hash: ["reading", "bytes"],
  compile: ["compiling", "bytes"],
  open: ["opening", "towers"],
  texts: ["reading the model's own language", "texts"],
  fit: ["fitting tokens", "steps"],
} as const;

async function align(signal: AbortSignal, options: Options): Promise<number> {
  const bars = stagedProgress(STAGES, showsProgress(options));
  const warnings: ToldWarning[] = [];
  const { model, pairs, out, tokens, width, ridge, seed, home } = options;
  let made: AlignedModel;
  try {
    const { alignLanguage } = await import("../../align/door.js");
    made = await alignLanguage(model, pairs, {
      ...{ out, signal },
      onProgress: ({ stage, done, total }) => bars.report(stage, done, total),
      onWarning: ({ code, message }) => {
        warnings.push({ code, message });
        if (options.quiet) return;
        bars.stop();
        warn(message);
      },
      ...(tokens === undefined ? {} : { tokens }),
      ...(width === undefined ? {} : { width }),
      ...(ridge === undefined ? {} : { ridge }),
      ...(seed === undefined ? {} : { seed }),
      ...(home === undefined ? {} : { home }),
      ...(options.offline ? { offline: true } : {}),
    });
  } finally {
    bars.stop();
  }
  const { figures } = made;
  const { name, revision, textByScript } = made.model;
  const [tower] = textByScript!;
  if (options.json) {
    const facts = { model: name, revision, folder: out, scripts: tower!.scripts, ...figures };
    print(JSON.stringify({ ...facts, ...warningsJson(warnings) }, null, 2));
    return EXIT.done;
  }
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const rows = [
    ["model", harmless(out)],
    ["reads", tower!.scripts.join(", ")],
    ["learnt from", `${figures.pairs.learnt} pairs, ${figures.tokens} tokens`],
    [
      "held out",
      `${figures.pairs.held} pairs: cosine ${figures.cosine.toFixed(3)} to the model's own texts,`,
    ],
    ["", `${percent(figures.found)} find their translation first (by chance ${percent(figures.chance)})`],
  ];
  print(rows.map(([title, words]) => `${title!.padEnd(12)} ${words}`).join("\n"));
  return EXIT.done;
}

export function alignCommand(command: Command): Command {
  command
    .description("teach a model's text side another language, from parallel text")
    .requiredOption("--pairs <file>", "a line each: the text, a tab, the same in the model's language")
    .requiredOption("--out <folder>", "folder of the new model; --model opens it")
    .option("-m, --model <model>", "name, Hugging Face id or path of the model that learns", "starter")
    .option("--tokens <n>", "most tokens of the language (default: 30000)", whole(8, 1_000_000))
    .option("--width <n>", "numbers a token (default: 256)", whole(8, 4096))
    .option(
      "--ridge <x>",
      "weight of small vectors (default: the best of a few on held-out pairs)",
      numberFrom(0.0001, 10_000),
    )
    .option("--seed <n>", "which pairs are held out (default: 1)", whole(0, 2 ** 31 - 1))
    .option("--json", "print JSON; shares are 0..1");
  return withHome(command)
    .addHelpText(
      "after",
      `
The new model answers as the old one does; texts in the language's script are
read by a small tower of their own. The language must be written in a script that
the model does not read yet. With few pairs it knows few words.

Examples:
  zeroclip align --pairs chinese.tsv --out my-model
  zeroclip classify cat.jpg --labels "猫,狗" --model my-model`,
    )
    .action(action(align));
}
