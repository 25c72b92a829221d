import type { Encoder, EncodeTextsOptions } from "../encoder.js";
import { type Embedding, meanUnit } from "../math/unit.js";
import { checkLabels, checkTemplates, fillTemplate } from "./prompts.js";

/** Zero-shot weights: one unit vector a label, the mean over the templates' prompts. */
export interface ZeroShotWeights {
  readonly labels: readonly string[];
  readonly templates: readonly string[];
  /** [labels] of f32 [dim] */
  readonly vectors: readonly Embedding[];
}

/** Labels × templates → weights: each label's prompts are encoded, averaged and renormalised (CLIP paper, 3.1.4). */
export async function zeroShotWeights(
  encoder: Encoder,
  labels: readonly string[],
  templates: readonly string[] = encoder.model.templates,
  options: EncodeTextsOptions = {},
): Promise<ZeroShotWeights> {
  const words = checkLabels(labels);
  const forms = checkTemplates(templates);
  const prompts = words.flatMap((label) => forms.map((template) => fillTemplate(template, label)));
  const names = words.flatMap((label) => forms.map(() => label));
  const features = await encoder.encodeTexts(prompts, { names, ...options });
  const vectors = words.map((_, i) => meanUnit(features.slice(i * forms.length, (i + 1) * forms.length)));
  return { labels: words, templates: forms, vectors };
}
