import type { Command } from "commander";
import type { Clip } from "../../clip.js";
import { ClipError } from "../../errors.js";
import type { Embedding } from "../../math/unit.js";
import { writeFileAtomic } from "../../models/atomic.js";
import { commandInputs, inputName } from "../inputs.js";
import { npy } from "../npy.js";
import { action, type ModelOptions, openModelOf, showsProgress, withModel } from "../options.js";
import { complain, EXIT, errorJson, print, say } from "../output.js";
import { progress } from "../progress.js";

interface Options extends ModelOptions {
  readonly image?: readonly string[];
  readonly text?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

/** One line of the answer: what was embedded, and its vector or its error. */
interface Row {
  readonly kind: "image" | "text";
  readonly name: string;
  readonly result: Embedding | ClipError;
}

async function imageRows(clip: Clip, options: Options, signal: AbortSignal): Promise<Row[]> {
  const inputs = await commandInputs(options.image ?? []);
  const bar = progress("embedding", "pictures", showsProgress(options) && inputs.length > 1);
  const rows: Row[] = [];
  try {
    const batch = options.batch === undefined ? {} : { batchSize: options.batch };
    for await (const { id, result } of clip.encodeImageStream(inputs, { signal, ...batch })) {
      const name = inputName(inputs[rows.length]!, id);
      rows.push({ kind: "image", name, result });
      if (result instanceof ClipError) {
        bar.stop();
        complain(result, name);
      }
      bar.update(rows.length, inputs.length, "");
    }
  } finally {
    bar.stop();
  }
  return rows;
}

async function textRows(clip: Clip, texts: readonly string[], signal: AbortSignal): Promise<Row[]> {
  const vectors = await clip.encodeTexts(texts, { signal });
  return vectors.map((result, i) => ({ kind: "text", name: texts[i]!, result }));
}

function asJson({ kind, name, result }: Row): Record<string, unknown> {
  return result instanceof ClipError
    ? { [kind]: name, error: errorJson(result) }
    : { [kind]: name, embedding: Array.from(result) };
}

/** An .npy file holds numbers only: what each row is, and what failed, goes into a JSON file beside it. */
async function writeNpy(file: string, model: Clip["model"], rows: readonly Row[]): Promise<void> {
  const good = rows.filter(({ result }) => !(result instanceof ClipError));
  await writeFileAtomic(
    file,
    npy(
      good.map(({ result }) => result as Embedding),
      model.dim,
    ),
  );
  const index = {
    model: model.name,
    revision: model.revision,
    dim: model.dim,
    rows: good.map(({ kind, name }) => ({ [kind]: name })),
    errors: rows.filter(({ result }) => result instanceof ClipError).map(asJson),
  };
  await writeFileAtomic(`${file}.json`, `${JSON.stringify(index, null, 2)}\n`);
}

async function write(file: string, model: Clip["model"], rows: readonly Row[]): Promise<void> {
  if (file.endsWith(".npy")) await writeNpy(file, model, rows);
  else await writeFileAtomic(file, rows.map((row) => `${JSON.stringify(asJson(row))}\n`).join(""));
}

function checkOptions({ image, text, out }: Options): void {
  if ((image === undefined) === (text === undefined)) {
    throw new ClipError("usage.embed", "Expected either --image or --text.");
  }
  if (out !== undefined && !/\.(?:npy|jsonl)$/.test(out)) {
    throw new ClipError("usage.out", `Expected a file that ends in .npy or .jsonl but received ${out}.`);
  }
}

async function embed(signal: AbortSignal, options: Options): Promise<number> {
  checkOptions(options);
  await using clip = await openModelOf(options.model, options, signal);
  const rows = options.text
    ? await textRows(clip, options.text, signal)
    : await imageRows(clip, options, signal);
  const failed = rows.filter(({ result }) => result instanceof ClipError).length;
  const { model } = clip;
  if (options.out !== undefined) {
    await write(options.out, model, rows);
    if (!options.quiet) say(`${rows.length - failed} vectors of ${model.dim} numbers in ${options.out}`);
  }
  if (options.json) {
    const results = options.out === undefined ? { results: rows.map(asJson) } : { out: options.out };
    print(JSON.stringify({ model: model.name, revision: model.revision, dim: model.dim, ...results }));
  } else if (options.out === undefined) {
    for (const row of rows) if (!(row.result instanceof ClipError)) print(JSON.stringify(asJson(row)));
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

export function embedCommand(command: Command): Command {
  return withModel(command)
    .description("turn pictures or texts into vectors of length 1")
    .option("--image <images...>", "files, folders, globs, or - for stdin")
    .option("--text <texts...>", "texts")
    .option("-o, --out <file>", ".npy (float32 rows; names and errors in FILE.json) or .jsonl")
    .option("--json", "print one JSON object; without it, one JSON object a line")
    .addHelpText(
      "after",
      `
Examples:
  zeroclip embed --image photos/ --out photos.npy
  zeroclip embed --text "a red bicycle" "a blue car" --json
  zeroclip embed --image "**/*.jpg" --model ViT-B/32 --out vectors.jsonl`,
    )
    .action(action(embed));
}
