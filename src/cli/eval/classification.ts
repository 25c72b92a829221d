import { type ClassificationResult, evaluateClassification } from "../../evaluate/classification.js";
import { readLabelledFolder } from "../../evaluate/labelled-folder.js";
import { checkTemplates } from "../../zeroshot/prompts.js";
import { templatesOf } from "../labels.js";
import { EXIT, print, type ToldWarning, warn, warningsJson } from "../output.js";
import { table } from "../table.js";
import { namesOf, withSet } from "./names.js";
import { type EvalOptions, eachModel, failedJson, modelNames, percent, report, right } from "./shared.js";

function showClassification(results: readonly ClassificationResult[], options: EvalOptions): void {
  const columns = [
    { title: "model" },
    { title: "pictures", ...right },
    { title: "classes", ...right },
    { title: "top-1 %", ...right },
    { title: "top-5 %", ...right },
    { title: "ECE %", ...right },
    { title: "pictures/s", ...right },
  ];
  const rows = results.map(({ model, images, classes, top1, top5, ece, imagesPerSecond }) => [
    model,
    String(images),
    String(classes),
    percent(top1),
    percent(top5),
    percent(ece),
    imagesPerSecond.toFixed(1),
  ]);
  print(table(columns, rows));
  if (!options.perClass) return;
  const classColumns = [
    { title: "class" },
    { title: "pictures", ...right },
    ...results.map(({ model }) => ({ title: model, ...right })),
  ];
  const classRows = results[0]!.perClass.map(({ label, images }, i) => [
    label,
    String(images),
    ...results.map(({ perClass }) => percent(perClass[i]!.top1)),
  ]);
  print(`\ntop-1 % of each class\n${table(classColumns, classRows)}`);
}

/** One folder a class → accuracy, calibration and speed of each model. */
export async function classification(
  signal: AbortSignal,
  folder: string,
  options: EvalOptions,
): Promise<number> {
  const warnings: ToldWarning[] = [];
  const onEmpty = (id: string): void => {
    const message = `The class folder ${id} has no picture and is left out.`;
    warnings.push({ code: "evaluate.empty-class", message });
    if (!options.quiet) warn(message);
  };
  const found = await readLabelledFolder(folder, await namesOf(options), { onEmpty, signal });
  const classes = withSet(found, options);
  const templates = templatesOf(options);
  if (templates) checkTemplates(templates);
  const results = await eachModel(signal, options, warnings, (clip, onProgress) =>
    evaluateClassification(clip, classes, {
      signal,
      onProgress,
      ...(templates ? { templates } : {}),
      ...(options.views ? { views: options.views } : {}),
      ...(options.batch ? { batchSize: options.batch } : {}),
    }),
  );
  const { failed } = results[0]!;
  report(failed);
  if (options.json) {
    const models = results.map(({ perClass, failed: own, ...figures }) => ({
      ...figures,
      ...(options.perClass ? { perClass } : {}),
      ...failedJson(own),
    }));
    print(JSON.stringify({ models, ...warningsJson(warnings) }, null, 2));
  } else showClassification(results, options);
  return failed.length > 0 || results.length < modelNames(options).length ? EXIT.someFailed : EXIT.done;
}
