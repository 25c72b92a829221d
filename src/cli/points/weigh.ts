import { ClipError } from "../../errors.js";
import { labelInputs } from "../../evaluate/data/labelled-set.js";
import type { Embedding } from "../../math/unit.js";
import { labelledSet } from "../eval/labelled-set.js";
import type { ClassOptions } from "../eval/names.js";
import { type TemplateOptions, templatesOf } from "../labels.js";
import { type ModelOptions, openModelOf, showsProgress } from "../options.js";
import { complain, EXIT, print, type ToldWarning, warningsJson } from "../output.js";
import { progress } from "../progress.js";
import { table } from "../table.js";
import { encodingOf, type ShapeOptions, viewOptionsOf } from "./options.js";

interface Options extends ModelOptions, TemplateOptions, ClassOptions, ShapeOptions {
  readonly split?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** A folder of labelled shapes → how much each view counts, in a file for --view-weights. */
export async function weigh(signal: AbortSignal, folder: string, options: Options): Promise<number> {
  const [{ SHAPE_ENDINGS }, { depthTemplates }, { encodeShapes }, { fitViewWeights }, { writeWeights }] =
    await Promise.all([
      import("../../image/sources.js"),
      import("../../points/classify.js"),
      import("../../points/encode.js"),
      import("../../points/weights.js"),
      import("../../points/weights-file.js"),
    ]);
  const warnings: ToldWarning[] = [];
  const set = await labelledSet(folder, options, signal, warnings, SHAPE_ENDINGS);
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const templates = templatesOf(options) ?? depthTemplates();
  const labels = await clip.zeroShotWeights(labelInputs(set.classes), templates, { signal });
  const bar = progress("looking at", "shapes", showsProgress(options));
  const views: Embedding[][] = [];
  const truth: number[] = [];
  let names: readonly string[] = [];
  let [at, failed] = [0, 0];
  try {
    const files = set.pictures.map(({ name }) => name);
    const how = { ...viewOptionsOf(options), ...encodingOf(options, signal), labels };
    for await (const { id, result, views: seen } of encodeShapes(clip, files, how)) {
      const picture = set.pictures[at++]!;
      bar.update(at, files.length, "");
      if (result instanceof ClipError) {
        failed += 1;
        bar.clear();
        complain(result, id);
        continue;
      }
      names = Object.keys(seen);
      views.push(Object.values(seen));
      truth.push(picture.truth);
    }
  } finally {
    bar.stop();
  }
  const { logitScale, name, revision } = clip.model;
  const weights = fitViewWeights({ views, truth, labels, logitScale }, names);
  await writeWeights(options.out, weights, { model: { name, revision }, shapes: views.length, templates });
  if (options.json)
    print(
      JSON.stringify({ weights, shapes: views.length, out: options.out, ...warningsJson(warnings) }, null, 2),
    );
  else
    print(
      table(
        [{ title: "view" }, { title: "weight", align: "right" }],
        Object.entries(weights).map(([view, weight]) => [view, weight.toFixed(2)]),
      ),
    );
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}
