import { checkFolder } from "../../evaluate/labelled-folder.js";
import {
  evaluateRetrieval,
  keepListed,
  type RetrievalResult,
  readCaptions,
} from "../../evaluate/retrieval.js";
import { EXIT, print, type ToldWarning, warningsJson } from "../output.js";
import { table } from "../table.js";
import { type EvalOptions, eachModel, failedJson, modelNames, percent, report, right } from "./shared.js";

function showRetrieval(results: readonly RetrievalResult[]): void {
  const recalls = ["R@1 %", "R@5 %", "R@10 %"].map((title) => ({ title, ...right }));
  const columns = [
    { title: "model" },
    { title: "query" },
    { title: "queries", ...right },
    ...recalls,
    { title: "pictures/s", ...right },
  ];
  const rows = results.flatMap(({ model, images, captions, textToImage, imageToText, imagesPerSecond }) =>
    (
      [
        ["text → picture", captions, textToImage],
        ["picture → text", images, imageToText],
      ] as const
    ).map(([query, count, { r1, r5, r10 }]) => [
      model,
      query,
      String(count),
      ...[r1, r5, r10].map(percent),
      imagesPerSecond.toFixed(1),
    ]),
  );
  print(table(columns, rows));
}

/** Pictures and their captions → recall of each model. */
export async function retrieval(
  signal: AbortSignal,
  folder: string,
  file: string,
  options: EvalOptions,
): Promise<number> {
  await checkFolder(folder, "the pictures of the captions");
  const all = await readCaptions(file);
  const captions = options.list === undefined ? all : await keepListed(all, options.list);
  const warnings: ToldWarning[] = [];
  const results = await eachModel(signal, options, warnings, (clip, onProgress) =>
    evaluateRetrieval(clip, folder, captions, {
      signal,
      onProgress,
      ...(options.batch ? { batchSize: options.batch } : {}),
    }),
  );
  const { failed } = results[0]!;
  report(failed);
  if (options.json) {
    const models = results.map(({ failed: own, ...figures }) => ({ ...figures, ...failedJson(own) }));
    print(JSON.stringify({ models, ...warningsJson(warnings) }, null, 2));
  } else showRetrieval(results);
  return failed.length > 0 || results.length < modelNames(options).length ? EXIT.someFailed : EXIT.done;
}
