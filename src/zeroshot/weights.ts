import type { Comparison, Encoder, EncodeTextsOptions, Warning } from "../encoder.js";
import { ClipError } from "../errors.js";
import { type Embedding, meanUnit, unit } from "../math/unit.js";
import { caseWarning, type LabelForm, type LabelInput, labelForms, promptsOf } from "./prompts.js";
import { checkTemplates } from "./templates.js";
import { twinsWarning } from "./twins.js";

/** Zero-shot weights: one unit vector a label, the mean over its prompts. */
export interface ZeroShotWeights {
  readonly labels: readonly string[];
  readonly templates: readonly string[];
  /** [templates] how much each counts; absent: all alike. */
  readonly templateWeights?: readonly number[];
  /** [labels] what the vector was made of beside the templates; absent: of the label's name alone. */
  readonly made?: readonly string[];
  /** [labels] of f32 [dim] */
  readonly vectors: readonly Embedding[];
  /** How a picture is compared with them; absent: by cosines. */
  readonly compare?: (image: Embedding) => Comparison;
}

export interface WeightsOptions extends EncodeTextsOptions {
  /** How much each template counts, above or equal to 0; `weighTemplates` finds them. Default: all alike. */
  readonly templateWeights?: readonly number[];
}

/** Prompts that are encoded at once: their features take at most about 200 MB, however many labels there are. */
export const PROMPTS_AT_ONCE = 32_768;

/** Labels that are encoded at once: some seconds' work, which is lost where it is ended. */
const LABELS_AT_ONCE = 4_096;

/** Raises `labels.template-weights` where there is not one finite weight a template, none below 0, one above it. */
function checkTemplateWeights(weights: readonly number[], templates: readonly string[]): void {
  const fine = weights.every((weight) => Number.isFinite(weight) && weight >= 0);
  if (fine && weights.length === templates.length && weights.some((weight) => weight > 0)) return;
  throw new ClipError(
    "labels.template-weights",
    `Expected ${templates.length} finite weights of templates, none below 0 and one above it, but received [${weights.join(", ").slice(0, 60)}].`,
  );
}

/** What tells two labels' vectors apart where templates are the same. */
function madeOf({ name, words, own }: LabelForm): string {
  return words.length === 1 && words[0] === name && own.length === 0
    ? name
    : `\0${JSON.stringify([words, own])}`;
}

/** Checked labels, templates and weights of a call. */
export interface WeightsPlan {
  readonly forms: readonly LabelForm[];
  readonly made: readonly string[];
  readonly templates: readonly string[];
  readonly templateWeights?: readonly number[];
}

/** What is asked → what is to be computed. Raises `labels.*`; warns of labels that differ in case only. */
export function planWeights(
  labels: readonly LabelInput[],
  templates: readonly string[],
  { templateWeights, onWarning }: WeightsOptions = {},
): WeightsPlan {
  const forms = labelForms(labels);
  const checked = checkTemplates(templates);
  if (templateWeights) checkTemplateWeights(templateWeights, checked);
  const alike = onWarning && caseWarning(forms.map(({ name }) => name));
  if (alike) onWarning(alike);
  return {
    forms,
    made: forms.map(madeOf),
    templates: checked,
    ...(templateWeights ? { templateWeights } : {}),
  };
}

/** Some labels in a row, as soon as they are encoded. */
export interface EncodedForms {
  /** Position of the first. */
  readonly first: number;
  readonly vectors: readonly Embedding[];
  /** Positions of labels that a warning was given for. */
  readonly strange: ReadonlySet<number>;
}

interface FormsOptions extends WeightsOptions {
  readonly onLabels?: (labels: EncodedForms) => Promise<void>;
}

/** Label forms → their unit vectors, a bounded number of prompts at a time. */
export async function encodeForms(
  encoder: Pick<Encoder, "encodeTexts">,
  forms: readonly LabelForm[],
  templates: readonly string[],
  { templateWeights, onLabels, ...options }: FormsOptions = {},
): Promise<Embedding[]> {
  const vectors: Embedding[] = [];
  const { onProgress } = options;
  const warnings = options.onWarning && gathered(options.onWarning);
  const total = forms.reduce((sum, { words, own }) => sum + words.length * templates.length + own.length, 0);
  for (let at = 0, before = 0; at < forms.length; ) {
    const prompts: { text: string; weight: number }[] = [];
    const names: string[] = [];
    const ends: number[] = [];
    const first = at;
    const strange = new Set<number>();
    while (at < forms.length && prompts.length < PROMPTS_AT_ONCE && at - first < LABELS_AT_ONCE) {
      const form = forms[at++]!;
      for (const prompt of promptsOf(form, templates, templateWeights)) {
        prompts.push(prompt);
        names.push(form.name);
      }
      ends.push(prompts.length);
    }
    const done = before;
    const features = await encoder.encodeTexts(
      prompts.map(({ text }) => text),
      {
        names,
        ...options,
        ...(warnings ? { onWarning: warnings.tell } : {}),
        ...(onLabels
          ? {
              onStrange: (texts) => {
                for (const text of texts) strange.add(first + ends.findIndex((end) => text < end));
              },
            }
          : {}),
        ...(onProgress ? { onProgress: (now) => onProgress({ done: done + now.done, total }) } : {}),
      },
    );
    before += prompts.length;
    for (const [i, end] of ends.entries()) {
      const from = ends[i - 1] ?? 0;
      vectors.push(
        meanOf(features.slice(from, end), prompts.slice(from, end), templateWeights !== undefined),
      );
    }
    await onLabels?.({ first, vectors: vectors.slice(first), strange });
  }
  warnings?.end();
  return vectors;
}

/** Of each kind of warning the first as it is; of further ones, part after part of a long list, how many there were. */
function gathered(onWarning: (warning: Warning) => void): {
  readonly tell: (warning: Warning) => void;
  readonly end: () => void;
} {
  const further = new Map<Warning["code"], number>();
  return {
    tell(warning) {
      const before = further.get(warning.code);
      further.set(warning.code, before === undefined ? 0 : before + (warning.count ?? 1));
      if (before === undefined) onWarning(warning);
    },
    end() {
      for (const [code, count] of further) {
        if (count === 0) continue;
        const message = `Of ${count} further texts among the labels' prompts the same is to be said (${code}).`;
        onWarning({ code, count, message });
      }
    },
  };
}

function meanOf(
  features: readonly Embedding[],
  prompts: readonly { readonly weight: number }[],
  weighted: boolean,
): Embedding {
  if (!weighted) return meanUnit(features);
  const sum = new Float32Array(features[0]!.length);
  for (const [p, feature] of features.entries()) {
    const { weight } = prompts[p]!;
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * feature[i]!;
  }
  return unit(sum);
}

/** Zero-shot weights but for the vectors. Raises what `planWeights` does. */
export function describeWeights(
  labels: readonly LabelInput[],
  templates: readonly string[],
): Omit<ZeroShotWeights, "vectors" | "compare"> {
  return described(planWeights(labels, templates));
}

function described({
  forms,
  made,
  templates,
  templateWeights,
}: WeightsPlan): Omit<ZeroShotWeights, "vectors" | "compare"> {
  const plain = forms.every(({ name }, i) => made[i] === name);
  return {
    labels: forms.map(({ name }) => name),
    templates,
    ...(templateWeights ? { templateWeights } : {}),
    ...(plain ? {} : { made }),
  };
}

function weightsOf(plan: WeightsPlan, vectors: readonly Embedding[]): ZeroShotWeights {
  return { ...described(plan), vectors };
}

/** A plan and vectors of its labels that are known (undefined where not) → weights, only the others computed. */
export async function completeWeights(
  plan: WeightsPlan,
  known: readonly (Embedding | undefined)[],
  compute: (missing: readonly LabelForm[]) => Promise<readonly Embedding[]>,
  onWarning?: WeightsOptions["onWarning"],
): Promise<ZeroShotWeights> {
  const missing = plan.forms.filter((_, i) => known[i] === undefined);
  const computed = missing.length > 0 ? await compute(missing) : [];
  let next = 0;
  const weights = weightsOf(
    plan,
    Array.from(known, (vector) => vector ?? computed[next++]!),
  );
  const twins = onWarning && twinsWarning(weights.labels, weights.vectors);
  if (twins) onWarning(twins);
  return weights;
}

/** Weights as this encoder's pictures are compared with them. */
async function comparedBy(encoder: Encoder, weights: ZeroShotWeights): Promise<ZeroShotWeights> {
  return encoder.comparing ? { ...weights, compare: await encoder.comparing(weights) } : weights;
}

/**
 * Labels × templates → weights: each label's prompts (with its aliases, own prompts and description) are encoded, averaged
 * and renormalised (CLIP paper, 3.1.4). Raises `labels.*`.
 */
export async function zeroShotWeights(
  encoder: Encoder,
  labels: readonly LabelInput[],
  templates: readonly string[] = encoder.model.templates,
  options: WeightsOptions = {},
): Promise<ZeroShotWeights> {
  const plan = planWeights(labels, templates, options);
  const weights = await completeWeights(
    plan,
    plan.forms.map(() => undefined),
    (forms) => encodeForms(encoder, forms, plan.templates, options),
    options.onWarning,
  );
  return comparedBy(encoder, weights);
}

/** Vectors that `weights` already has for a plan's labels: same words and prompts, same templates. */
export function knownVectors(weights: ZeroShotWeights, plan: WeightsPlan): (Embedding | undefined)[] {
  const same =
    JSON.stringify([weights.templates, weights.templateWeights]) ===
    JSON.stringify([plan.templates, plan.templateWeights]);
  if (!same) return plan.forms.map(() => undefined);
  const made = weights.made ?? weights.labels;
  const known = new Map(made.map((one, i) => [one, weights.vectors[i]!]));
  return plan.made.map((one) => known.get(one));
}

/**
 * Weights of other labels, of the same model → weights of these ones with the same templates: only labels that are new, or
 * whose aliases and prompts changed, are computed. Raises `labels.*`.
 */
export async function extendWeights(
  encoder: Encoder,
  weights: ZeroShotWeights,
  labels: readonly LabelInput[],
  options: EncodeTextsOptions = {},
): Promise<ZeroShotWeights> {
  const { templates, templateWeights } = weights;
  const all: WeightsOptions = { ...options, ...(templateWeights ? { templateWeights } : {}) };
  const plan = planWeights(labels, templates, all);
  const extended = await completeWeights(
    plan,
    knownVectors(weights, plan),
    (missing) => encodeForms(encoder, missing, plan.templates, all),
    options.onWarning,
  );
  return comparedBy(encoder, extended);
}
