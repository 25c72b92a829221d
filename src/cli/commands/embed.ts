import type { Command } from "commander";
import type { Clip } from "../../clip.js";
import { ClipError } from "../../errors.js";
import type { ImageInput } from "../../image/sources.js";
import type { Views } from "../../image/views.js";
import { commandInputs, inputName } from "../inputs.js";
import { action, type ModelOptions, openModelOf, showsProgress, viewsOption, withModel } from "../options.js";
import {
  complain,
  EXIT,
  interruptedAfter,
  jsonList,
  print,
  say,
  type ToldWarning,
  warningsJson,
} from "../output.js";
import { progress } from "../progress.js";
import { openVectorFile, type Row, rowJson, type VectorModel } from "../vector-files.js";

interface Options extends ModelOptions {
  readonly image?: readonly string[];
  readonly text?: readonly string[];
  readonly out?: string;
  readonly views?: Views;
  readonly json?: boolean;
}

async function* imageRows(
  clip: Clip,
  inputs: readonly ImageInput[],
  options: Options,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  const bar = progress("embedding", "pictures", showsProgress(options) && inputs.length > 1);
  let done = 0;
  try {
    const asked = {
      ...(options.batch === undefined ? {} : { batchSize: options.batch }),
      ...(options.views === undefined ? {} : { views: options.views }),
    };
    for await (const { id, result } of clip.encodeImageStream(inputs, { signal, ...asked })) {
      const name = inputName(inputs[done]!, id);
      if (result instanceof ClipError) {
        bar.clear();
        complain(result, name);
      }
      yield { kind: "image", name, result };
      done += 1;
      bar.update(done, inputs.length, "");
    }
  } catch (error) {
    throw interruptedAfter(error, done, inputs.length);
  } finally {
    bar.stop();
  }
}

async function* textRows(clip: Clip, texts: readonly string[], signal: AbortSignal): AsyncGenerator<Row> {
  const vectors = await clip.encodeTexts(texts, { signal });
  for (const [i, result] of vectors.entries()) yield { kind: "text", name: texts[i]!, result };
}

/** Where rows go as they come; `end` is only called when all have come. */
interface Sink {
  add(row: Row): Promise<void> | void;
  end(tail: object): Promise<void> | void;
}

function stdoutSink(model: VectorModel, json: boolean | undefined): Sink {
  if (!json) return { add: (row) => print(JSON.stringify(rowJson(row))), end: () => {} };
  const list = jsonList(model, "results");
  return { add: (row) => list.add(rowJson(row)), end: list.end };
}

function checkOptions({ image, text, out }: Options): void {
  if ((image === undefined) === (text === undefined)) {
    throw new ClipError(
      "usage.embed",
      `Expected either --image or --text but received ${image === undefined ? "neither" : "both"}.`,
    );
  }
  if (out !== undefined && !/\.(?:npy|jsonl)$/.test(out)) {
    throw new ClipError("usage.out", `Expected a file that ends in .npy or .jsonl but received ${out}.`);
  }
}

async function embed(signal: AbortSignal, options: Options): Promise<number> {
  checkOptions(options);
  const inputs = await commandInputs(options.image ?? [], signal);
  const warnings: ToldWarning[] = [];
  const work = { pictures: inputs.length, texts: options.text?.length ?? 0 };
  await using clip = await openModelOf(options.model, options, signal, warnings, work);
  if (clip.needsLabels) {
    throw new ClipError(
      "usage.ensemble",
      `Expected a model with vectors of its own but ${clip.model.name} has none: a cascade classifies.`,
    );
  }
  const model = { model: clip.model.name, revision: clip.model.revision, dim: clip.model.dim };
  const rows = options.text ? textRows(clip, options.text, signal) : imageRows(clip, inputs, options, signal);
  await using file = options.out === undefined ? undefined : await openVectorFile(options.out, model);
  const sink: Sink = file ? { add: file.add, end: file.finish } : stdoutSink(model, options.json);
  let good = 0;
  let failed = 0;
  for await (const row of rows) {
    await sink.add(row);
    if (row.result instanceof ClipError) failed += 1;
    else good += 1;
  }
  await sink.end(warningsJson(warnings));
  if (options.out !== undefined && options.json) {
    print(JSON.stringify({ ...model, out: options.out, vectors: good, failed, ...warningsJson(warnings) }));
  } else if (options.out !== undefined && !options.quiet) {
    say(`${good} ${good === 1 ? "vector" : "vectors"} of ${model.dim} numbers in ${options.out}`);
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

export function embedCommand(command: Command): Command {
  command
    .description("turn pictures or texts into vectors of length 1")
    .option("--image <images...>", "files, folders, globs, or - for stdin")
    .option("--text <texts...>", "texts")
    .addOption(viewsOption())
    .option("-o, --out <file>", "FILE.npy (float32 rows) or FILE.jsonl")
    .option("--json", "print one JSON object; without it, one JSON object a line");
  return withModel(command)
    .addHelpText(
      "after",
      `
Examples:
  zeroclip embed --image photos/ --out photos.npy
  zeroclip embed --text "a red bicycle" "a blue car" --json
  zeroclip embed --image "**/*.jpg" --model ViT-B/32 --out vectors.jsonl

FILE.npy holds the pictures that could be read, in order; FILE.npy.json says
which row is which picture, and what was wrong with the others. A file appears
whole or not at all. In JSON lines and --json, a picture that fails has "error"
in place of "embedding".`,
    )
    .action(action(embed));
}
