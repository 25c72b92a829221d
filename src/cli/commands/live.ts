import type { Command } from "commander";
import pc from "picocolors";
import { asClipError } from "../../errors.js";
import type { LiveItem } from "../../live/run.js";
import type { LabelInput } from "../../zeroshot/prompts.js";
import {
  DOMAIN_NAMES,
  type LabelOptions,
  labelsOf,
  SET_NAMES,
  type TemplateOptions,
  templatesOf,
} from "../labels.js";
import { editedLabels, typedLines, watchedFile } from "../live-labels.js";
import {
  action,
  adapterOption,
  type ModelOptions,
  numberFrom,
  openModelOf,
  repeated,
  withModel,
} from "../options.js";
import { complain, EXIT, harmless, print } from "../output.js";

interface Options extends ModelOptions, LabelOptions, TemplateOptions {
  readonly fps?: number;
  readonly scene?: number;
  readonly smooth?: number;
  readonly on?: number;
  readonly off?: number;
  readonly minDuration?: number;
  readonly realtime?: boolean;
  readonly reconnect?: boolean;
  readonly frames?: boolean;
  readonly json?: boolean;
}

const seconds = (time: number): string => `${time.toFixed(1).padStart(7)} s`;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** For people: one line an event, and on a terminal the best label of now on the last line. */
function readable(item: LiveItem): void {
  const wipe = process.stdout.isTTY ? "\r\x1b[K" : "";
  if (item.event === "frame") {
    const [best] = item.predictions;
    if (!process.stdout.isTTY) return;
    const now = best ? `${harmless(best.label).slice(0, 40)} ${percent(best.probability)}` : "(blank)";
    process.stdout.write(`${wipe}${pc.dim(`${seconds(item.time)}  ${now}  ${item.latency.toFixed(0)} ms`)}`);
  } else if (item.event === "start") {
    print(
      `${wipe}${seconds(item.start)}  ${pc.green("+")} ${pc.bold(harmless(item.label))}  ${percent(item.confidence)}`,
    );
  } else if (item.event === "end") {
    const lasted = `${(item.end - item.start).toFixed(1)} s, ${percent(item.confidence)}`;
    print(`${wipe}${seconds(item.end)}  ${pc.dim("-")} ${harmless(item.label)}  ${pc.dim(lasted)}`);
  } else {
    const { p50, p95 } = item.latency;
    const dropped = item.dropped > 0 ? `, ${item.dropped} dropped` : "";
    print(
      `${wipe}${item.frames} frames${dropped}; latency ${p50.toFixed(0)} ms (p50), ${p95.toFixed(0)} ms (p95)`,
    );
  }
}

const SECONDS_MOST = 3_600;

async function watchLive(signal: AbortSignal, source: string, options: Options): Promise<number> {
  const { fps, scene, smooth, on, off, minDuration, realtime, reconnect, json } = options;
  const asked = await labelsOf(options);
  let labels: readonly LabelInput[] = asked.labels;
  const templates = templatesOf(options);
  await using clip = await openModelOf(options.model, options, signal);
  const { live } = await import("../../live/run.js");
  await using run = await live(clip, source, {
    labels,
    signal,
    ...(templates ? { templates } : {}),
    ...(fps === undefined ? {} : { fps }),
    ...(scene === undefined ? {} : { scene }),
    ...(smooth === undefined ? {} : { smooth }),
    ...(on === undefined ? {} : { on }),
    ...(off === undefined ? {} : { off }),
    ...(minDuration === undefined ? {} : { minDuration }),
    ...(realtime ? { realtime } : {}),
    ...(reconnect ? { reconnect } : {}),
    ...(source === "-" ? { stdin: process.stdin } : {}),
  });
  const edit = async (next: () => Promise<readonly LabelInput[]> | readonly LabelInput[]): Promise<void> => {
    try {
      const wanted = await next();
      await run.setLabels(wanted);
      labels = wanted;
    } catch (error) {
      complain(asClipError(error, "labels.type"));
    }
  };
  const nameOf = (label: LabelInput): string => (typeof label === "string" ? label : label.name);
  // One edit after the other: each begins from the labels of the one before.
  let edits = Promise.resolve();
  const queueEdit = (next: Parameters<typeof edit>[0]): void => {
    edits = edits.then(() => edit(next));
  };
  const ends = [
    ...(source === "-"
      ? []
      : [typedLines((line) => queueEdit(() => editedLabels(labels.map(nameOf), line)))]),
    ...(options.labelsFile === undefined
      ? []
      : [watchedFile(options.labelsFile, () => queueEdit(async () => (await labelsOf(options)).labels))]),
  ];
  try {
    for await (const item of run) {
      if (!json) readable(item);
      else if (item.event !== "frame" || options.frames) print(JSON.stringify(item));
    }
  } finally {
    for (const end of ends) end();
    await edits;
  }
  return EXIT.done;
}

export function liveCommand(command: Command): Command {
  command
    .description("watch a video or stream for your words (needs ffmpeg)")
    .argument("<source>", "video file, http(s) or rtsp address, /dev/videoN, or - for stdin")
    .option("-l, --labels <words>", "the labels, separated by commas")
    .option("--labels-file <file>", "a label set in a file; edits of it act while it runs")
    .option("--label-set <name>", `a ready set: ${SET_NAMES}`)
    .option("--template <text>", "prompt with {} for the label; may repeat", repeated)
    .addOption(adapterOption())
    .option("--domain <name>", `prompts for a kind of picture; may repeat: ${DOMAIN_NAMES}`, repeated)
    .option("--fps <n>", "frames a second that are looked at (default: 5)", numberFrom(0.01, 60))
    .option(
      "--scene <t>",
      "instead: at changes of scene above t (0.3), and once a second",
      numberFrom(0.001, 0.999),
    )
    .option("--smooth <s>", "time constant of the smoothing, s (default: 0.2)", numberFrom(0, SECONDS_MOST))
    .option("--on <p>", "probability from which a label is seen (default: 0.6)", numberFrom(0.001, 1))
    .option("--off <p>", "probability below which it is gone (default: 0.4)", numberFrom(0, 1))
    .option("--min-duration <s>", "shortest event, s (default: 0.2)", numberFrom(0, SECONDS_MOST))
    .option("--realtime", "play a file at its own speed; the newest frame counts")
    .option("--reconnect", "open a network source or device again where it ends")
    .option("--frames", "with --json: also a line for each frame")
    .option("--json", "print events as JSON lines");
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip live clip.mp4 --labels "cat,rocket,cup of coffee" --json
  zeroclip live rtsp://camera/stream --labels-file goods.txt --reconnect
  zeroclip live /dev/video0 --labels "empty desk,person" --fps 10

While it runs, typed lines edit the labels: +cat, -dog, or a, b, c for others.`,
    )
    .action(action(watchLive));
}
