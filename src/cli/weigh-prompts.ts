import type { Clip } from "../clip.js";
import type { BatchSize } from "../encoder.js";
import { ClipError } from "../errors.js";
import { sample } from "../math/random.js";
import type { LabelInput } from "../zeroshot/prompts.js";
import { weighTemplates } from "../zeroshot/template-weights.js";
import { commandInputs } from "./inputs.js";
import { complain } from "./output.js";

/** Pictures that prompts are weighted by: more change the weights little. */
const MOST_IMAGES = 500;
const SEED = 1;

/** Pictures without labels → how much each template counts. Raises `input.*`, `labels.*`. */
export async function promptWeights(
  clip: Clip,
  pictures: string,
  labels: readonly LabelInput[],
  templates: readonly string[],
  { signal, batch }: { readonly signal: AbortSignal; readonly batch: BatchSize | undefined },
): Promise<readonly number[]> {
  const inputs = sample(await commandInputs([pictures], signal), MOST_IMAGES, SEED);
  const vectors = [];
  const options = { signal, ...(batch === undefined ? {} : { batchSize: batch }) };
  for await (const { id, result } of clip.encodeImageStream(inputs, options)) {
    if (result instanceof ClipError) complain(result, id);
    else vectors.push(result);
  }
  const { weights } = await weighTemplates(clip, vectors, labels, templates, { signal });
  return weights;
}
