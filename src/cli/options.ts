import { type Command, InvalidArgumentError, Option } from "commander";
import type { Clip, LoadOptions } from "../clip.js";
import type { BatchSize } from "../encoder.js";
import { ClipError } from "../errors.js";
import { VIEWS } from "../image/views.js";
import { complain, EXIT, exitCodeOf, say, type ToldWarning, warn } from "./output.js";
import { loadProgress } from "./progress.js";

/** Options that every command with a model takes. */
export interface ModelOptions {
  readonly model: string;
  readonly device?: "auto" | "cpu" | "webgpu" | "cuda";
  readonly threads?: number;
  readonly rules?: "auto" | "openai" | "huggingface";
  readonly exif?: "apply" | "ignore";
  readonly alpha?: "white" | "drop";
  readonly maxPixels?: number;
  readonly fetch?: boolean;
  readonly offline?: boolean;
  readonly home?: string;
  readonly batch?: BatchSize;
  readonly resize?: "exact" | "fast";
  readonly window?: { readonly center: number; readonly width: number };
  readonly workers?: number;
  /** False with --no-cache. */
  readonly cache?: boolean;
  readonly cacheImages?: boolean;
  /** False with --no-calibration. */
  readonly calibration?: boolean;
  readonly adapter?: string;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** Most pictures a run. */
const MOST_BATCH = 256;

/** A whole number of an option. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

/** A batch size of an option. */
function batchSize(text: string): BatchSize {
  if (text === "auto") return text;
  const size = Number(text);
  if (/^\d+$/.test(text) && size >= 1 && size <= MOST_BATCH) return size;
  throw new InvalidArgumentError(`Expected auto or a whole number from 1 to ${MOST_BATCH}.`);
}

/** A window of an option: middle and width. */
function windowFrom(text: string): { center: number; width: number } {
  const [center, width, ...more] = text.split(",").map(Number);
  if (more.length === 0 && Number.isFinite(center) && width! >= 1) return { center: center!, width: width! };
  throw new InvalidArgumentError('Expected a middle and a width from 1, such as "40,400".');
}

/** A number of an option. */
export function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
  };
}

/** An option that may be given several times. */
export function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Adds the options that say where things lie and what is shown. */
export function withHome(command: Command): Command {
  return command
    .optionsGroup("Common options:")
    .option("--home <folder>", "models and caches (default: ZEROCLIP_HOME or ~/.cache/zeroclip)")
    .option("--offline", "never touch the network")
    .option("-q, --quiet", "no warnings and no progress")
    .option("--progress", "progress also where stderr is no terminal")
    .option("--no-progress", "no progress bar");
}

/** Which squares of a picture are encoded. */
export function viewsOption(): Option {
  return new Option("--views <views>", "squares of the picture to average (default: center)").choices([
    ...VIEWS,
  ]);
}

/** What a handful of pictures taught a model. */
export function adapterOption(): Option {
  return new Option("--adapter <file>", "answer as what fewshot fit learnt for this model").argParser(
    (file: string, before: string | undefined) => {
      if (before === undefined) return file;
      throw new InvalidArgumentError("Expected one adapter but received two.");
    },
  );
}

/** Adds the options of everything that opens a model. */
export function withModel(command: Command): Command {
  command
    .optionsGroup("Model and pictures:")
    .option("-m, --model <model>", "name, Hugging Face id or path; @int8 for its small form", "starter")
    .addOption(
      new Option("--device <device>", "where to compute (default: auto, the CPU)").choices([
        "auto",
        "cpu",
        "webgpu",
        "cuda",
      ]),
    )
    .option("--threads <n>", "threads to compute with (default: one a physical core)", whole(1, 256))
    .option("--batch <n>", "pictures computed at once, or auto: measured once (default: 8)", batchSize)
    .addOption(
      new Option("--rules <whose>", "preprocessing and tokenizer (default: auto, the file's own)").choices([
        "auto",
        "openai",
        "huggingface",
      ]),
    )
    .addOption(new Option("--exif <what>", "EXIF orientation (default: apply)").choices(["apply", "ignore"]))
    .addOption(new Option("--alpha <what>", "transparent pixels (default: white)").choices(["white", "drop"]))
    .addOption(
      new Option(
        "--resize <how>",
        "large JPEGs as the reference or in half the time (default: exact)",
      ).choices(["exact", "fast"]),
    )
    .option("--window <c,w>", "DICOM: middle grey and width of the window (default: the file's)", windowFrom)
    .option("--workers <n>", "threads for large pictures (default: one a core, at most 4)", whole(0, 64))
    .option("--max-pixels <n>", "largest picture that is decoded (default: 100000000)", whole(1, 2 ** 31 - 1))
    .option("--cache-images", "remember the vectors of pictures, by their bytes (at most 1 GiB)")
    .option("--no-cache", "neither use nor keep remembered vectors of texts and pictures")
    .option("--fetch", "allow pictures by http(s) address, private hosts refused");
  return withHome(command);
}

/** True where a bar would be seen, or is asked for. */
export function showsProgress(options: { quiet?: boolean; progress?: boolean }): boolean {
  return !options.quiet && (options.progress ?? process.stderr.isTTY === true);
}

/** How a command's pictures are read. */
export function imageOptionsOf(options: ModelOptions): NonNullable<LoadOptions["image"]> {
  const { exif, alpha, resize, window, maxPixels } = options;
  return {
    ...(exif === undefined ? {} : { exif }),
    ...(alpha === undefined ? {} : { alpha }),
    ...(resize === undefined ? {} : { resize }),
    ...(window === undefined ? {} : { window }),
    ...(maxPixels === undefined ? {} : { maxPixels }),
  };
}

/** What a command will ask of its model, where it knows. */
export interface ExpectedWork {
  readonly pictures: number;
  readonly texts: number;
}

/** So much work is done sooner without rearranging the weights first (docs/runtime.md, "Opening"). */
const LITTLE: ExpectedWork = { pictures: 12, texts: 64 };

/**
 * Opens the model of a command's options, with a bar for long stages and warnings on stderr; those of opening and of all
 * later calls are also put into `warnings`, for the command's JSON.
 */
export async function openModelOf(
  model: string,
  options: ModelOptions,
  signal: AbortSignal,
  warnings: ToldWarning[] = [],
  work: ExpectedWork = { pictures: Infinity, texts: Infinity },
): Promise<Clip> {
  const bar = loadProgress(showsProgress(options));
  const load: LoadOptions = {
    image: imageOptionsOf(options),
    prepack: work.pictures > LITTLE.pictures || work.texts > LITTLE.texts,
    signal,
    onProgress: bar.report,
    onWarning: ({ code, message }) => {
      warnings.push({ code, message });
      if (options.quiet) return;
      bar.stop();
      warn(message);
    },
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(options.rules === undefined ? {} : { rules: options.rules }),
    ...(options.home === undefined ? {} : { home: options.home }),
    ...(options.offline ? { offline: true } : {}),
    ...(options.fetch ? { fetchUrls: {} } : {}),
    ...(options.calibration === false ? { calibration: false } : {}),
    ...(options.cache === false ? {} : { cache: { text: true, image: options.cacheImages === true } }),
  };
  try {
    // Read first: a slip is told before a model is opened.
    if (options.adapter !== undefined) {
      const [{ readAdapter }, { withAdapter }, { loadClip }] = await Promise.all([
        import("../fewshot/adapter-file.js"),
        import("../fewshot/clip.js"),
        import("../clip.js"),
      ]);
      const adapter = readAdapter(options.adapter);
      const clip = await loadClip(model, load);
      try {
        return withAdapter(clip, adapter, load.onWarning);
      } catch (error) {
        await clip[Symbol.asyncDispose]();
        throw error;
      }
    }
    // Loaded when a model is opened: sharp and ONNX Runtime take longer to load than help and mistakes to print.
    if (model.toLowerCase().endsWith(".json")) {
      const { openClassifier } = await import("../ensemble/open.js");
      return await openClassifier(model, load);
    }
    const { loadClip } = await import("../clip.js");
    return await loadClip(model, load);
  } finally {
    bar.stop();
  }
}

/** How long an interrupted command may take to end by itself, ms: a batch of a large model takes seconds. */
const PATIENCE_MS = 5_000;

/** How long, ms, an interrupted command whose work has ended waits for the system's last answers. */
const LINGER_MS = 100;

/**
 * Runs a command's action: Ctrl-C aborts it, an error becomes one sentence and an exit code. `patient`: one that is
 * aborted may take as long as it likes to end (servers finish their answers).
 */
export function action<Args extends unknown[]>(
  run: (signal: AbortSignal, ...args: Args) => Promise<number>,
  { patient = false } = {},
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const abort = new AbortController();
    // Once each: a second Ctrl-C ends the process at once, as if nobody listened.
    // What can't be interrupted (the system listing a huge folder) is left behind after a moment.
    const interrupt = (): void => {
      abort.abort();
      if (!patient) setTimeout(() => process.exit(EXIT.interrupted), PATIENCE_MS).unref();
    };
    process.once("SIGINT", interrupt);
    process.once("SIGTERM", interrupt);
    try {
      process.exitCode = await run(abort.signal, ...args);
    } catch (error) {
      if (!(error instanceof ClipError)) throw error;
      if (error.code === "aborted") say(error.message);
      else complain(error);
      process.exitCode = exitCodeOf(error);
      if (error.code === "aborted") setTimeout(() => process.exit(), LINGER_MS).unref();
    } finally {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    }
  };
}
