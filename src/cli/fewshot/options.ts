import { type Command, Option } from "commander";
import type { FitProgress } from "../../fewshot/fit.js";
import { METHODS, type MethodName } from "../../fewshot/methods/method.js";
import type { Views } from "../../image/views.js";
import type { ClassOptions } from "../eval/names.js";
import { DOMAIN_NAMES, SET_NAMES, type TemplateOptions } from "../labels.js";
import { type ModelOptions, repeated, showsProgress, viewsOption, whole } from "../options.js";
import { type StyleOptions, withStyle } from "../points/options.js";
import { type Progress, progress } from "../progress.js";

export interface Options extends ModelOptions, TemplateOptions, ClassOptions, StyleOptions {
  readonly method?: MethodName | "auto";
  readonly shots?: number;
  readonly out?: string;
  readonly split?: string;
  readonly views?: Views;
  readonly seed?: number;
  readonly json?: boolean;
}

/** A bar for each method that is trained. */
export function fitBars(options: Options): { report(progress: FitProgress): void; stop(): void } {
  let bar: Progress | undefined;
  let shown: MethodName | undefined;
  return {
    report({ method, done, total }) {
      if (method !== shown) bar?.stop();
      if (method !== shown || !bar) bar = progress(`training ${method}`, "steps", showsProgress(options));
      shown = method;
      bar.update(done, total, "");
    },
    stop: () => bar?.stop(),
  };
}

/** Options of labelled pictures. */
export function withPictures(command: Command): Command {
  return withStyle(command)
    .option("--label-set <name>", `the classes are labels of a set (${SET_NAMES})`)
    .option("--labels-file <file>", "the classes are labels of this set: YAML, JSON or one label a line")
    .option("--all-labels", "with a set: labels without a picture are known by their words")
    .option("--level <n>", "with a set of several levels: labels of this one, 1 is the top", whole(1, 100))
    .option("--prompt-lang <code>", "with a set: language of names in prompts")
    .option("--names <file>", 'names for folders: a JSON object {"folder": "label"}')
    .option("--split <name>", "only this part of data that has parts (test, train, …)")
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .addOption(viewsOption())
    .option("--seed <n>", "of what is drawn and held out (default: 1)", whole(0, 999_999_999))
    .option("--json", "print JSON; shares are 0..1");
}

export const methodOption = (): Option =>
  new Option(
    "--method <name>",
    "auto (default) takes the best on held-out pictures, zero-shot among them",
  ).choices(["auto", ...METHODS]);
export const shotsOption = (): Option =>
  new Option("--shots <n>", "at most so many pictures of each label (default: all)").argParser(
    whole(1, 10_000),
  );
