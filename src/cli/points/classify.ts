import { asClipError, ClipError } from "../../errors.js";
import { shownAnswer } from "../../zeroshot/chosen-labels.js";
import { checkLabels } from "../../zeroshot/prompts.js";
import { answerPrinter } from "../answer-printer.js";
import { answerOptions } from "../confidence.js";
import { labelsOf, templatesOf } from "../labels.js";
import { openModelOf, showsProgress } from "../options.js";
import { complain, EXIT, interruptedAfter, type ToldWarning, warn, warningsJson } from "../output.js";
import { progress } from "../progress.js";
import { encodingOf, type PointsOptions, shapeFiles, viewOptionsOf, viewWeightsOf } from "./options.js";
import { labelScenes } from "./scene.js";

/** Labels shown a shape where --top is not given. */
const TOP = 5;

/** Point clouds and meshes → which labels fit. */
export async function classifyFiles(
  signal: AbortSignal,
  patterns: readonly string[],
  options: PointsOptions,
): Promise<number> {
  const confidence = answerOptions(options);
  const asked = await labelsOf(options);
  checkLabels(asked.labels);
  const { depthTemplates } = await import("../../points/classify.js");
  const templates = templatesOf(options) ?? depthTemplates();
  const weights = await viewWeightsOf(options.viewWeights);
  if (options.scene !== undefined && options.out === undefined)
    throw new ClipError("usage.out", "Expected --out FILE.ply with --scene but received none.");
  const { files, none } = await shapeFiles(patterns, signal);
  const save = await saverOf(options.saveViews);
  const warnings: ToldWarning[] = [];
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const how = { ...viewOptionsOf(options), ...weights, ...encodingOf(options, signal) };
  if (options.scene !== undefined) {
    const scenes = { ...how, ...confidence, templates, split: options.scene };
    return await labelScenes(clip, files, asked.labels, scenes, options, warnings);
  }
  const labels = await clip.zeroShotWeights(asked.labels, templates, { signal });
  const top = options.top ?? (options.json ? asked.labels.length : TOP);
  const answer = await clip.answerer(labels, { top, ...confidence });
  const { encodeShapes } = await import("../../points/encode.js");
  const bar = progress("classifying", "shapes", showsProgress(options) && files.length > 1);
  const named = files.length > 1;
  const { show, end } = await answerPrinter(clip.model.name, "shape", { json: options.json === true, named });
  let [done, failed] = [0, 0];
  try {
    const stream = encodeShapes(clip, files, { ...how, labels, keepViews: save !== undefined });
    for await (const { id, result: given, points, faces, warnings: own, pictures } of stream) {
      const result = none.get(id) ?? given;
      done += 1;
      bar.clear();
      for (const { code, message } of own) {
        warnings.push({ code, message });
        if (!options.quiet) warn(message);
      }
      const unsaved = pictures ? await save!(id, pictures).then(() => undefined, asError) : undefined;
      if (unsaved) complain(unsaved, id);
      if (unsaved || result instanceof ClipError) failed += 1;
      if (result instanceof ClipError) {
        complain(result, id);
        show(id, result);
      } else show(id, shownAnswer(answer(result), asked), { points, faces });
      bar.update(done, files.length, "");
    }
  } catch (error) {
    throw interruptedAfter(error, done, files.length, "shapes");
  } finally {
    bar.stop();
    end(warningsJson(warnings));
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

/** What hinders saving takes no answer from anybody. */
const asError = (thrown: unknown): ClipError => asClipError(thrown, "usage.out");

async function saverOf(folder: string | undefined) {
  if (folder === undefined) return undefined;
  const { viewSaver } = await import("../../points/save-views.js");
  return viewSaver(folder);
}
