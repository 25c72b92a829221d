import { type Command, Option } from "commander";
import type { QuantizedModel, QuantizeProgress } from "../../quantize/quantize.js";
import { action, numberFrom, showsProgress, whole, withHome } from "../options.js";
import { EXIT, print, type ToldWarning, warn, warningsJson } from "../output.js";
import { type Progress, progress } from "../progress.js";
import { diskRow, gateRows } from "../quantization.js";

interface Options {
  readonly to: "int8";
  readonly calibration?: string;
  readonly labelled?: string;
  readonly towers?: readonly ("image" | "text")[];
  readonly keep?: number | "auto";
  readonly minCosine?: number;
  readonly minAgreement?: number;
  readonly maxDrop?: number;
  readonly rules?: "auto" | "openai" | "huggingface";
  readonly home?: string;
  readonly offline?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly json?: boolean;
}

const STAGES: Readonly<Record<QuantizeProgress["stage"], readonly [words: string, unit: string]>> = {
  download: ["downloading", "bytes"],
  hash: ["reading", "bytes"],
  compile: ["compiling", "bytes"],
  open: ["opening", "towers"],
  pictures: ["reading pictures", "pictures"],
  fp32: ["computing in fp32", "inputs"],
  channels: ["comparing channels", "pictures"],
  calibrate: ["measuring ranges", "pictures"],
  patches: ["reading inputs of kernels", "pictures"],
  kernels: ["rounding kernels", "kernels"],
  scales: ["finding scales", "values"],
  write: ["writing int8", "bytes"],
  int8: ["computing in int8", "inputs"],
  layers: ["finding the dearest layers", "layers"],
};

/** Reports of `quantize` as one bar a stage and tower. */
function quantizeProgress(shown: boolean): {
  report: (at: QuantizeProgress) => void;
  stop: () => void;
} {
  let stage: string | undefined;
  let current: Progress | undefined;
  const stop = (): void => {
    current?.stop();
    current = undefined;
    stage = undefined;
  };
  const report = ({ stage: name, tower, file = "", done, total }: QuantizeProgress): void => {
    const key = `${name} ${tower ?? ""} ${file}`;
    if (key !== stage) {
      stop();
      current = progress(...STAGES[name], shown);
      stage = key;
    }
    current?.update(done, total, tower === undefined ? file : `${tower} tower`);
  };
  return { report, stop };
}

async function run(signal: AbortSignal, model: string, options: Options): Promise<number> {
  const bar = quantizeProgress(showsProgress(options));
  const warnings: ToldWarning[] = [];
  const { calibration, labelled, towers, keep, rules, home } = options;
  let made: QuantizedModel;
  try {
    // Loaded when called: ONNX Runtime takes longer to load than help and mistakes to print.
    const { quantize } = await import("../../quantize/quantize.js");
    made = await quantize(model, {
      signal,
      to: options.to,
      onProgress: bar.report,
      onWarning: ({ code, message }) => {
        warnings.push({ code, message });
        if (options.quiet) return;
        bar.stop();
        warn(message);
      },
      gate: {
        ...(options.minCosine === undefined ? {} : { worstCosine: options.minCosine }),
        ...(options.minAgreement === undefined ? {} : { agreement: options.minAgreement }),
        ...(options.maxDrop === undefined ? {} : { top1Drop: options.maxDrop }),
      },
      ...(calibration === undefined ? {} : { calibration }),
      ...(labelled === undefined ? {} : { labelled }),
      ...(towers === undefined ? {} : { towers }),
      ...(keep === undefined ? {} : { keep }),
      ...(rules === undefined ? {} : { rules }),
      ...(home === undefined ? {} : { home }),
      ...(options.offline ? { offline: true } : {}),
    });
  } finally {
    bar.stop();
  }
  if (options.json) print(JSON.stringify({ ...made, ...warningsJson(warnings) }, null, 2));
  else {
    const rows = [["model", made.name], ...gateRows(made.quantization), diskRow(made.onDisk)] as const;
    print(rows.map(([title, words]) => `${title.padEnd(10)} ${words}`).join("\n"));
  }
  return EXIT.done;
}

export function quantizeCommand(command: Command): Command {
  command
    .description("make a smaller, faster form of a model, and measure what it costs")
    .argument("<model>", "name, Hugging Face id or path")
    .addOption(new Option("--to <precision>", "the form to make").choices(["int8"]).default("int8"))
    .option("--calibration <folder>", "photos such as the model will see (default: crops of a few that ship)")
    .option("--labelled <folder>", "one folder a class: also tells the loss in top-1")
    .addOption(
      new Option("--towers <which>", "image, text or both (default: both)").argParser(
        (list) =>
          (list === "both" ? ["image", "text"] : list.split(",").map((tower) => tower.trim())) as (
            | "image"
            | "text"
          )[],
      ),
    )
    .option(
      "--keep <n>",
      "where the gate says no: leave the n dearest layers in fp32; 0: none; auto: until it passes (default)",
      (value: string) => (value === "auto" ? value : whole(0, 10_000)(value)),
    )
    .option("--min-cosine <x>", "worst cosine to fp32 that passes (default: 0.99)", numberFrom(-1, 1))
    .option(
      "--min-agreement <x>",
      "share of pictures with the same label that passes (default: 0.98)",
      numberFrom(0, 1),
    )
    .option("--max-drop <x>", "with --labelled: share of top-1 that may be lost", numberFrom(0, 1))
    .addOption(
      new Option("--rules <whose>", "preprocessing and tokenizer (default: auto, the file's own)").choices([
        "auto",
        "openai",
        "huggingface",
      ]),
    )
    .option("--json", "print JSON; shares are 0..1");
  return withHome(command)
    .addHelpText(
      "after",
      `
The new form is opened as MODEL@int8 wherever a model is named; the model itself
stays. Its features are compared with the model's on pictures and prompts; under
the bounds the text tower or the layers that cost most stay as they are until it
passes (--keep). Where nothing passes nothing is written, and the error says
which figure failed and which layers cost most.

Examples:
  zeroclip quantize ViT-B/32
  zeroclip quantize ViT-B/32 --calibration photos/
  zeroclip quantize ViT-B/32 --towers image
  zeroclip eval animals/ --model ViT-B/32,ViT-B/32@int8`,
    )
    .action(action(run, { patient: true }));
}
