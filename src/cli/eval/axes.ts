import { ClipError } from "../../errors.js";
import type { PromptChoice } from "../../evaluate/grid/grid.js";
import type { Variant } from "../../evaluate/grid/variant.js";
import { VIEWS, type Views } from "../../image/views.js";
import { splitPrecision } from "../../models/names.js";
import { domainTemplates } from "../../zeroshot/domains.js";
import { checkTemplates } from "../../zeroshot/templates.js";
import { VIEW_MODES, type ViewMode } from "../../zeroshot/views.js";
import { templatesOf } from "../labels.js";
import { listOf, modelNames, someOf, wholeOf } from "../lists.js";
import type { EvalOptions } from "./shared.js";

const PRECISIONS = ["fp32", "fp16", "int8"] as const;

const CODE = "usage.eval";

export function viewsOf({ views }: EvalOptions): Views[] {
  return someOf(views ?? "center", VIEWS, "--views", CODE);
}

/** Of several squares their average, the best, or both one by one. Raises `usage.eval`. */
export function viewModesOf({ viewMode }: EvalOptions): ViewMode[] {
  return someOf(viewMode ?? "average", VIEW_MODES, "--view-mode", CODE);
}

/** `--model A,B` with `--precision fp32,int8`: each of both. Raises `usage.eval`. */
export function modelsOf({ model, precision }: EvalOptions): string[] {
  const names = modelNames(model, CODE);
  const precisions = someOf(precision, PRECISIONS, "--precision", CODE);
  if (precisions.length === 0) return names;
  return names.flatMap((name) => {
    if (splitPrecision(name).precision === undefined) return precisions.map((one) => `${name}@${one}`);
    throw new ClipError(
      "usage.eval",
      `Expected either --precision or a precision after the name but received both for "${name}".`,
    );
  });
}

/** Pictures of fewer pixels, and poorer JPEGs. */
export function variantsOf({ resolutions, qualities }: EvalOptions): Variant[] {
  return [
    ...wholeOf(resolutions, 1, 4096, "--resolutions", CODE).map((resolution) => ({ resolution })),
    ...wholeOf(qualities, 1, 100, "--qualities", CODE).map((quality) => ({ quality })),
  ];
}

/** The model's own prompts under this name. */
const OWN = "model";

/** `--prompts model,retail,generic+retail` one by one, or the templates and domains given together. Raises `usage.eval`, `labels.*`. */
export function promptsOf(options: EvalOptions): PromptChoice[] {
  const together = templatesOf(options);
  const names = listOf(options.prompts);
  if (together && names.length > 0) {
    throw new ClipError(
      "usage.eval",
      "Expected either --prompts or --template and --domain but received both.",
    );
  }
  if (together) {
    const name = options.template ? "given" : (options.domain ?? []).join("+");
    return [{ name, templates: checkTemplates(together) }];
  }
  if (names.length === 0) return [{ name: OWN }];
  return names.map((name) => {
    if (name === OWN) return { name };
    const templates = name.split("+").flatMap((domain) => domainTemplates(domain.trim()));
    return { name, templates: [...new Set(templates)] };
  });
}
