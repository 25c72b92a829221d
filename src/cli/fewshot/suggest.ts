import type { Clip } from "../../clip.js";
import { ClipError } from "../../errors.js";
import { compare } from "../../zeroshot/predict.js";
import { type LabelOptions, labelsOf, templatesOf } from "../labels.js";
import { counted } from "../numbers.js";
import { openModelOf } from "../options.js";
import { EXIT, errorJson, print, type ToldWarning, tellOnce, warningsJson } from "../output.js";
import { table } from "../table.js";
import type { Options } from "./options.js";
import { collectedWithout } from "./pictures.js";

interface SuggestOptions extends Options, LabelOptions {
  readonly count: number;
}

/** What a model, or its adapter, thinks of pictures: f32 [n, labels]. */
async function thoughts(
  clip: Clip,
  pool: Parameters<typeof compare>[0][],
  options: SuggestOptions,
): Promise<{ labels: readonly string[]; probabilities: Float32Array }> {
  const { probabilitiesOf } = await import("../../fewshot/probabilities.js");
  const { labels } = await labelsOf(options);
  const weights = await clip.zeroShotWeights(labels, templatesOf(options));
  const logits = pool.flatMap((image) =>
    Array.from(compare(image, weights).scores, (score) => clip.model.logitScale * score),
  );
  return {
    labels: weights.labels,
    probabilities: probabilitiesOf(Float32Array.from(logits), weights.labels.length),
  };
}

/** `fewshot suggest` */
export async function suggest(
  signal: AbortSignal,
  paths: readonly string[],
  options: SuggestOptions,
): Promise<number> {
  const warnings: ToldWarning[] = [];
  if (
    [options.labels, options.labelsFile, options.labelSet, options.adapter].every((one) => one === undefined)
  )
    throw new ClipError(
      "usage.labels",
      "Expected --adapter, --labels, --labels-file or --label-set but received none of them.",
    );
  if (
    options.adapter !== undefined &&
    (options.labels ?? options.labelsFile ?? options.labelSet) !== undefined
  )
    throw new ClipError(
      "usage.labels",
      "Expected --adapter, which has its own labels, or other labels but received both.",
    );
  const [{ suggestNext }, { Known }, { readAdapter }] = await Promise.all([
    import("../../fewshot/suggest.js"),
    import("../../fewshot/once.js"),
    import("../../fewshot/adapter-file.js"),
  ]);
  await labelsOf(options);
  const adapter = options.adapter === undefined ? undefined : readAdapter(options.adapter);
  await using clip = await openModelOf(options.model, options, signal, warnings);
  const { features: all, names: allNames, failed } = await collectedWithout(clip, paths, options, signal);
  if (all.length === 0)
    throw new ClipError("input.none", "Expected pictures to choose from but none can be read.");
  const labelled = adapter && new Known(adapter);
  const news = [...all.keys()].filter((i) => !labelled?.labelsOf(all[i]!).length);
  const [features, names] = [news.map((i) => all[i]!), news.map((i) => allNames[i]!)];
  const already = all.length - news.length;
  if (already > 0) {
    const message = `${counted(already, "picture")} ${already === 1 ? "has" : "have"} a label in the adapter already and ${already === 1 ? "is" : "are"} left out.`;
    tellOnce(warnings, { code: "fewshot.twice", message }, options.quiet);
  }
  const { labels, probabilities } = await thoughts(clip, features, options);
  const at = (label: number): number => labels.indexOf(adapter!.labels[label]!);
  const seen = [...(adapter?.truth.keys() ?? [])].filter((i) => at(adapter!.truth[i]!) >= 0);
  const known = {
    labels,
    features: seen.map((i) => adapter!.features[i]!),
    truth: Int32Array.from(seen, (i) => at(adapter!.truth[i]!)),
  };
  const found = await suggestNext(features, probabilities, known, { count: options.count });
  const told = found.map(({ position, likely, ...facts }) => ({
    image: names[position]!,
    likely: labels[likely]!,
    ...facts,
  }));
  if (options.json) {
    const errors = failed.map(({ image, error }) => ({ image, error: errorJson(error) }));
    const more = errors.length > 0 ? { failed: errors } : {};
    print(JSON.stringify({ suggestions: told, ...more, ...warningsJson(warnings) }, null, 2));
  } else print(shown(told));
  return failed.length > 0 ? EXIT.someFailed : EXIT.done;
}

interface Told {
  readonly image: string;
  readonly likely: string;
  readonly probability: number;
  readonly unsure: number;
  readonly different: number;
}

function shown(told: readonly Told[]): string {
  const right = { align: "right" } as const;
  return table(
    [
      { title: "picture" },
      { title: "it seems to be" },
      { title: "%", ...right },
      { title: "unsure", ...right },
      { title: "different", ...right },
    ],
    told.map(({ image, likely, probability, unsure, different }) => [
      image,
      likely,
      (100 * probability).toFixed(1),
      unsure.toFixed(2),
      different.toFixed(2),
    ]),
  );
}
