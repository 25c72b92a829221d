import { type Command, Option } from "commander";
import { BUDGETS, type Budget, type Candidate } from "../../advise/candidate.js";
import { ADVISED_VIEWS, type AdvisedViews } from "../../advise/candidates.js";
import { type Choice, DEFAULT_VARIANT } from "../../advise/choose.js";
import { ClipError } from "../../errors.js";
import { findEntry } from "../../models/registry.js";
import { checkTemplates } from "../../zeroshot/templates.js";
import { costOfFile } from "../advise/cost.js";
import { type MachineOptions, machineOptions } from "../advise/machine.js";
import { bytesOf, msOf } from "../advise/quantities.js";
import { adviceWords, resourcesWords } from "../advise/show.js";
import { DOMAIN_NAMES, templatesOf } from "../labels.js";
import { action, repeated, whole, withHome } from "../options.js";
import { EXIT, print } from "../output.js";

interface AdviseCommandOptions extends MachineOptions {
  readonly budget: Budget;
  readonly memory?: number;
  readonly latency?: number;
  readonly imagesPerDay?: number;
  readonly data?: string;
  readonly seconds?: number;
  readonly views?: string;
  readonly template?: readonly string[];
  readonly domain?: readonly string[];
}

function viewsOf(text: string | undefined): readonly AdvisedViews[] | undefined {
  return text?.split(",").map((word) => {
    const found = ADVISED_VIEWS.find((views) => views === word.trim());
    if (found) return found;
    throw new ClipError(
      "usage.views",
      `Expected ${ADVISED_VIEWS.join(", ")} for --views but received "${word}".`,
    );
  });
}

async function advise(signal: AbortSignal, options: AdviseCommandOptions): Promise<number> {
  const { budget, memory, latency, imagesPerDay, data, seconds } = options;
  const views = viewsOf(options.views);
  const given = templatesOf(options);
  if (given !== undefined && data === undefined) {
    throw new ClipError("usage.advise", "Expected --data with --domain or --template but received none.");
  }
  const { advise: ask } = await import("../../advise/advise.js");
  const { stop, ...machine } = machineOptions(signal, options);
  const { decision, candidates, probe } = await ask({
    ...machine,
    budget,
    ...(memory === undefined ? {} : { memory }),
    ...(latency === undefined ? {} : { latency }),
    ...(imagesPerDay === undefined ? {} : { imagesPerDay }),
    ...(data === undefined ? {} : { data }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(views === undefined ? {} : { views }),
    ...(given === undefined ? {} : { templates: checkTemplates(given) }),
  }).finally(stop);
  const { choice, why, losses, nearest, onFront } = decision;
  const commands = choice ? nextSteps(choice, candidates, options) : [];
  if (options.json) {
    print(
      JSON.stringify(
        {
          budget,
          choice: choice
            ? {
                model: choice.candidate.model,
                variant: choice.candidate.variant,
                precision: choice.candidate.precision,
                batch: choice.at.batch,
                views: choice.candidate.views,
                state: choice.candidate.state,
              }
            : null,
          why,
          ...(nearest
            ? {
                nearest: {
                  model: nearest.candidate.model,
                  batch: nearest.at.batch,
                  raise: nearest.raise.map(({ limit, to }) => ({ limit, to })),
                },
              }
            : {}),
          candidates: candidates.map((candidate, i) => {
            const loss = losses.find((one) => one.candidate === candidate);
            return {
              ...candidate,
              pareto: onFront[i],
              ...(loss ? { loses: { kind: loss.kind, reason: loss.reason } } : {}),
            };
          }),
          commands,
          machine: probe.machine,
          runtime: probe.runtime,
          device: probe.device,
          ...(probe.rates ? { rates: probe.rates } : {}),
          ...(probe.others === undefined ? {} : { busy: { others: probe.others } }),
        },
        null,
        2,
      ),
    );
  } else print(adviceWords(decision, candidates, probe, commands));
  return choice ? EXIT.done : EXIT.someFailed;
}

/** What to type next. */
function nextSteps(
  { candidate, at }: Choice,
  candidates: readonly Candidate[],
  { budget, data, offline }: AdviseCommandOptions,
): string[] {
  const { model, variant, precision, views, state } = candidate;
  const usual = candidates.find((one) => one.model === DEFAULT_VARIANT[budget]);
  const compare = data !== undefined && !offline && usual?.state === "to download";
  const isVariant = findEntry(variant) !== undefined;
  return [
    ...(state === "to download" ? [`zeroclip models pull ${model}`] : []),
    ...(compare ? [`zeroclip models pull ${usual.model}    # then ask again: it is compared too`] : []),
    ...(precision === "fp32" && isVariant && !candidates.some((one) => one.model === `${variant}@int8`)
      ? [
          `zeroclip quantize ${variant}    # its int8 form takes less time and memory, where it passes its gate`,
        ]
      : []),
    ...(data === undefined
      ? ["zeroclip advise --data FOLDER    # measures accuracy on your own labelled pictures"]
      : []),
    `zeroclip classify PICTURES --model ${model} --batch ${at.batch}${views === "center" ? "" : ` --views ${views}`} --labels "…"`,
  ];
}

async function resources(signal: AbortSignal, _: MachineOptions, command: Command): Promise<number> {
  // What both commands know is taken by the outer one.
  const options = command.optsWithGlobals<MachineOptions>();
  const [{ survey, machineBytes }, { resourcesOf }] = await Promise.all([
    import("../../advise/advise.js"),
    import("../../advise/resources.js"),
  ]);
  const { stop, ...machine } = machineOptions(signal, options);
  const { candidates, probe } = await survey(machine).finally(stop);
  const rows = resourcesOf(candidates, machineBytes());
  if (options.json) {
    const { machine: facts, runtime, device, rates } = probe;
    const shown = rows.map(({ candidate: { accuracy: _, ...candidate }, ...row }) => ({
      ...candidate,
      ...row,
      ...(row.article ? { article: { ...row.article, origin: "published" } } : {}),
    }));
    print(
      JSON.stringify(
        {
          models: shown,
          machine: facts,
          runtime,
          device,
          ...(rates ? { rates } : {}),
          ...(probe.others === undefined ? {} : { busy: { others: probe.others } }),
        },
        null,
        2,
      ),
    );
  } else print(resourcesWords(rows, probe));
  return EXIT.done;
}

function withMachine(command: Command): Command {
  command
    .optionsGroup("Machine:")
    .addOption(
      new Option("--device <device>", "where to compute (default: auto, the CPU)").choices([
        "auto",
        "cpu",
        "webgpu",
        "cuda",
      ]),
    )
    .option("--threads <n>", "threads to compute with (default: one a physical core)", whole(1, 256))
    .option("-m, --model <models>", "further models on this machine, by comma: names or paths")
    .option("--fresh", "measure this machine anew")
    .optionsGroup("Output:")
    .option("--json", "print one JSON object");
  return withHome(command);
}

export function adviseCommand(command: Command): Command {
  command
    .description("which model to take on this machine, and what it costs")
    .optionsGroup("What is wanted:")
    .addOption(
      new Option("--budget <budget>", "as cheap as RN50, ViT-B/32 or ViT-L/14")
        .choices(BUDGETS)
        .default("medium"),
    )
    .option("--memory <size>", "most memory of the whole process, such as 4GB", bytesOf)
    .option("--latency <time>", "most time from a batch's pictures to its answers, such as 50ms", msOf)
    .option("--images-per-day <n>", "pictures that a day brings", whole(1, 1_000_000_000_000))
    .option("--data <folder>", "labelled pictures (a folder a class) to measure accuracy on")
    .option("--seconds <s>", "about how long measuring on them may take (default: 12)", whole(1, 3600))
    .option("--domain <name>", `prompts to measure with; may repeat: ${DOMAIN_NAMES}`, repeated)
    .option("--template <text>", "prompt with {} for the label to measure with; may repeat", repeated)
    .option("--views <views>", "views to compare on them: center, flip, five (default: center,flip)");
  withMachine(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip advise --budget low
  zeroclip advise --budget medium --memory 4GB --latency 50ms --images-per-day 200000
  zeroclip advise --data photos-by-class/ --json
  zeroclip advise resources
  zeroclip advise cost examples/companies/start-up.yaml

What is on this machine is measured (at most 18 s, remembered under HOME); what
is not is estimated from the machine's rate, and marked so. How the choice is
made: docs/choose-a-model.md. Exit code 1: nothing fits the limits.`,
    )
    .action(action(advise));
  withMachine(
    command.command("resources").description("memory, times and a fitting environment of each variant"),
  ).action(action(resources));
  withMachine(
    command
      .command("cost")
      .argument("<file>", "a company's figures, YAML or JSON")
      .description("what zero-shot, labelling by hand and an own classifier cost and bring"),
  )
    .addHelpText(
      "after",
      `
Three files to start from lie in examples/companies of the package. Formulas and
fields: docs/cost.md.`,
    )
    .action(action(costOfFile));
  return command;
}
