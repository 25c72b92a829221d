import { ClipError } from "../../errors.js";
import type { LabelledSet } from "../../evaluate/data/labelled-set.js";
import { FILE_ENDINGS } from "../eval/files.js";
import { labelledSet } from "../eval/labelled-set.js";
import { givenLabelsOf } from "../eval/names.js";
import { openModelOf } from "../options.js";
import { EXIT, type ToldWarning, tellOnce } from "../output.js";
import { checkWritable } from "../writable.js";
import { fitBars, type Options } from "./options.js";
import { collected, collectedWithout, told } from "./pictures.js";

interface FitOptions extends Options {
  readonly unlabelled?: readonly string[];
}

/** `fewshot fit` */
export async function fit(
  signal: AbortSignal,
  path: string | undefined,
  options: FitOptions,
): Promise<number> {
  const file = outOf(options.out);
  const warnings: ToldWarning[] = [];
  const set = await (path === undefined
    ? labelsAlone(options)
    : labelledSet(path, options, signal, warnings, FILE_ENDINGS));
  await checkWritable(file, "the adapter", "usage.out");
  const { fitAdapter } = await import("../../fewshot/fewshot.js");
  const { onceEach } = await import("../../fewshot/once.js");
  const { writeAdapter } = await import("../../fewshot/adapter-file.js");
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const { shots: all, templates, names, failed } = await collected(clip, set, options, signal);
  const onWarning = (warning: ToldWarning): void => tellOnce(warnings, warning, options.quiet);
  const shots = onceEach(all, { names, onWarning });
  const { unlabelled } = options;
  const others = unlabelled && (await collectedWithout(clip, unlabelled, options, signal));
  const bars = fitBars(options);
  const adapter = await fitAdapter(
    clip,
    others ? { ...shots, unlabelled: others.features } : shots,
    templates,
    {
      signal,
      onProgress: bars.report,
      ...(options.method === undefined ? {} : { method: options.method }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    },
  ).finally(() => bars.stop());
  await writeAdapter(file, adapter);
  const unread = [...failed, ...(others?.failed ?? [])];
  told(adapter, file, options, warnings, unread);
  return unread.length > 0 ? EXIT.someFailed : EXIT.done;
}

/** Labels of a set or file without a picture. Raises `usage.labels`. */
async function labelsAlone(options: FitOptions): Promise<LabelledSet> {
  const [given] = await givenLabelsOf(options, 1);
  if (!given || options.unlabelled === undefined)
    throw new ClipError(
      "usage.labels",
      "Expected labelled pictures, or --unlabelled pictures and labels by --labels-file or --label-set.",
    );
  const { withLabels } = await import("../../evaluate/data/label-entries.js");
  const nothing = { name: given.name, kind: "folder", classes: [], pictures: [], fingerprint: "" } as const;
  return withLabels(nothing, { ...given, all: true });
}

function outOf(file: string | undefined): string {
  if (file !== undefined && /\.safetensors$/i.test(file)) return file;
  throw new ClipError(
    "usage.out",
    `Expected a file that ends in .safetensors for --out but received ${file ?? "none"}.`,
  );
}
