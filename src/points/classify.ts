import type { Clip } from "../clip.js";
import { ClipError } from "../errors.js";
import type { Answer, AnswerOptions } from "../zeroshot/confidence/answer.js";
import { composeTemplates } from "../zeroshot/domains.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import type { ShapeInput } from "./draw.js";
import { type EncodeShapesOptions, encodeShapes } from "./encode.js";

export interface ClassifyShapesOptions
  extends Omit<EncodeShapesOptions, "labels">,
    Omit<AnswerOptions, "views" | "viewMode"> {
  /** Prompt templates with `{}` for the label; default: those of the domain `depth`. */
  readonly templates?: readonly string[];
}

/** Prompts for views of shapes. */
export const depthTemplates = (): readonly string[] => composeTemplates(["depth"]);

/** Shapes and the labels to choose from → an answer or an error each, in order. Raises `labels.*`, `usage.*`, `points.weights`, `aborted`. */
export async function classifyShapes(
  clip: Clip,
  shapes: readonly ShapeInput[],
  labels: readonly LabelInput[],
  options: ClassifyShapesOptions = {},
): Promise<(Answer | ClipError)[]> {
  const { templates = depthTemplates(), signal, ...more } = options;
  const weights = await clip.zeroShotWeights(labels, templates, signal ? { signal } : {});
  const { views: _, ...said } = more;
  const answer = await clip.answerer(weights, said);
  const answers: (Answer | ClipError)[] = [];
  for await (const { result } of encodeShapes(clip, shapes, {
    ...more,
    ...(signal ? { signal } : {}),
    labels: weights,
  }))
    answers.push(result instanceof ClipError ? result : answer(result));
  return answers;
}
