import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Contender } from "../../bench/contender.js";
import type { BenchReport, BenchSettings } from "../../bench/report.js";
import { readEnvironment } from "../../environment.js";
import { ClipError } from "../../errors.js";
import { readTextFile } from "../../models/text-file.js";
import { modelNames } from "../lists.js";
import { noneOpens } from "../none-opens.js";
import { action, showsProgress, whole, withHome } from "../options.js";
import { EXIT, print, say, warn } from "../output.js";
import { progress } from "../progress.js";
import { table } from "../table.js";

interface BenchOptions {
  readonly model: string;
  readonly images?: string;
  readonly texts?: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly threads?: number;
  readonly peers?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly home?: string;
  readonly offline?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** Pictures a run of the image tower: one, zeroclip's own default, and enough that no core waits. */
const BATCHES = [1, 8, 32];

/** Fresh processes for the figures of starting: each takes seconds where a model is large. */
const MOST_COLD_ROUNDS = 3;

/** Bytes of a file of texts: a hundred thousand long ones. */
const MOST_TEXT_BYTES = 16 << 20;

/** Lines of a file, without empty ones. Raises `usage.texts`. */
async function linesOf(file: string): Promise<string[]> {
  const text = await readTextFile(file, { code: "usage.texts", what: "texts", most: MOST_TEXT_BYTES });
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length > 0) return lines;
  throw new ClipError("usage.texts", `Expected a text a line in ${file} but it is empty.`);
}

/** The pictures to measure with, whole ones; how many of the person's were left out. */
async function picturesFor(
  signal: AbortSignal,
  options: BenchOptions,
): Promise<{ pictures: readonly string[]; skipped: number }> {
  const { picturesOf, shippedPictures } = await import("../../bench/inputs.js");
  if (options.images === undefined) return { pictures: await shippedPictures(), skipped: 0 };
  const bar = progress("reading", "pictures", showsProgress(options));
  try {
    const onProgress = (done: number, total: number): void => bar.update(done, total, "");
    const { pictures, leftOut } = await picturesOf(options.images, { signal, onProgress });
    bar.clear();
    for (const line of leftOut) warn(line);
    return { pictures, skipped: leftOut.length };
  } finally {
    bar.stop();
  }
}

/** The models and, where they are asked for, the peers with the same weights. */
async function contendersOf(
  signal: AbortSignal,
  options: BenchOptions,
  pictures: readonly string[],
): Promise<{ contenders: Contender[]; missing: readonly string[] }> {
  const { ownContender } = await import("../../bench/own.js");
  const environment = readEnvironment();
  const home = options.home ?? environment.home;
  const spec = {
    home,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.offline || environment.offline ? { offline: true } : {}),
  };
  const names = modelNames(options.model, "usage.bench");
  if (!options.peers) return { contenders: names.map((name) => ownContender(name, spec)), missing: [] };
  const { setUpPeers } = await import("../../bench/peers.js");
  const [first = ""] = names;
  const checkpoint = first.endsWith(".pt") ? first : undefined;
  const peers = await setUpPeers({
    home,
    python: environment.python,
    checkpoint,
    pictures: [...new Set(pictures)],
    threads: options.threads,
    signal,
    onNote: (note) => {
      if (!options.quiet) say(note);
    },
  });
  // Without a checkpoint of the person's, zeroclip opens the seeded one that the peers hold.
  const models = checkpoint === undefined ? [peers.checkpoint, `${peers.checkpoint}@int8`] : names;
  return {
    contenders: [...models.map((model) => ownContender(model, spec)), ...peers.contenders],
    missing: peers.missing,
  };
}

async function run(
  signal: AbortSignal,
  options: BenchOptions,
): Promise<BenchReport & { missing: readonly string[]; skipped: number }> {
  const [{ benchTexts }, { measure }, { makeReport }, { readMachine }] = await Promise.all([
    import("../../bench/inputs.js"),
    import("../../bench/rounds.js"),
    import("../../bench/report.js"),
    import("../../bench/machine.js"),
  ]);
  const { pictures, skipped } = await picturesFor(signal, options);
  const texts = options.texts === undefined ? benchTexts() : await linesOf(options.texts);
  const { contenders, missing } = await contendersOf(signal, options, pictures);
  const settings: BenchSettings = {
    rounds: options.rounds,
    coldRounds: Math.min(MOST_COLD_ROUNDS, options.rounds),
    seconds: options.seconds,
    batches: BATCHES,
    threads: options.threads ?? "all",
    pictures: pictures.length,
    texts: texts.length,
  };
  const bar = progress("measuring", "steps", showsProgress(options));
  try {
    const measured = await measure(contenders, {
      ...settings,
      files: pictures,
      texts,
      endToEnd: true,
      sameWeights: options.peers === true,
      threads: options.threads,
      signal,
      onProgress: ({ done, total, note }) => bar.update(done, total, note),
    });
    const facts = { machine: readMachine(), versions: { zeroclip: await ownVersion() }, settings };
    return { ...makeReport(measured, { ...facts, when: new Date().toISOString() }), missing, skipped };
  } finally {
    bar.stop();
  }
}

async function ownVersion(): Promise<string> {
  const file = new URL("../../../package.json", import.meta.url);
  return (JSON.parse(await readFile(file, "utf8")) as { version: string }).version;
}

async function bench(signal: AbortSignal, options: BenchOptions): Promise<number> {
  if (options.json && options.markdown)
    throw new ClipError("usage.bench", "Expected either --json or --markdown but received both.");
  const names = modelNames(options.model, "usage.bench");
  // The peers' own weights take the place of models that are no checkpoint.
  const isMeasured = !options.peers || names[0]!.endsWith(".pt");
  const none = isMeasured ? await noneOpens(signal, names, options) : undefined;
  if (none !== undefined) return none;
  const { missing, skipped, ...report } = await run(signal, options);
  const { markdownOf, notesOf, tableOf } = await import("../../bench/report.js");
  if (options.json) print(JSON.stringify({ ...report, missing }, null, 2));
  else if (options.markdown) print([markdownOf(report), ...missing.map((line) => `- ${line}\n`)].join(""));
  else {
    const { titles, rows } = tableOf(report);
    const columns = titles.map((title, i) => ({ title, align: i === 0 ? "left" : "right" }) as const);
    print([table(columns, rows), "", ...notesOf(report), ...missing].join("\n"));
  }
  const hasFailed = report.contenders.some((contender) => contender.failed !== undefined);
  return missing.length > 0 || skipped > 0 || hasFailed ? EXIT.someFailed : EXIT.done;
}

export function benchCommand(command: Command): Command {
  command
    .description("measure speed and memory on this machine, beside other programs where asked")
    .optionsGroup("What is measured:")
    .option("-m, --model <models>", "one or more models, by comma", "starter")
    .option("--images <folder>", "pictures (default: four photos of 224 pixels)")
    .option("--texts <file>", "a text a line (default: 1,000 short prompts)")
    .option("--seconds <s>", "seconds of one figure, all rounds together", whole(1, 600), 3)
    .option("--rounds <n>", "interleaved rounds", whole(1, 100), 5)
    .option("--threads <n>", "threads to compute with", whole(1, 256))
    .option("--peers", "also transformers.js, ONNX Runtime, PyTorch, OpenVINO with the same weights")
    .optionsGroup("Output:")
    .option("--json", "print one JSON object")
    .option("--markdown", "print a Markdown table");
  return withHome(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip bench
  zeroclip bench --model ViT-B/32,ViT-B/32@int8 --images photos/
  zeroclip bench --peers --markdown
  zeroclip bench --peers --model my/model.pt,my/model.pt@int8

--peers installs the others once under HOME/bench/peers, and says what and how
large; ZEROCLIP_PYTHON names a Python that has them already. All hold the same
weights: those of the first model where it is a .pt file, else seeded ones of
the shape of ViT-B/32. Every figure is the median of rounds that go through all
of them in turn; ± is how far the farthest round lies from it.`,
    )
    .action(action(bench));
}
