import { openSource } from "../checkpoint/open.js";
import type { WeightsSource } from "../checkpoint/source.js";
import type { NamedTensor, TensorMap } from "../checkpoint/tensor.js";
import { ClipError } from "../errors.js";
import type { DeriveOptions } from "./derive-options.js";
import { withOpenAiNames } from "./naming.js";
import type { ModelSettings } from "./settings.js";
import type { TaskAdapter } from "./spec.js";

/** What belongs to an image tower under OpenAI's names; all else is the text tower's. */
const OF_IMAGES = /^(?:visual\.|logit_(?:scale|bias)$)/;

/**
 * The weights at a path, as the text tower of a pair. Raises `checkpoint.*`, `model.unsupported` for what runs as it is and so
 * can't be joined with another's image tower.
 */
export async function openTextTower(path: string): Promise<WeightsSource> {
  const source = await openSource(path);
  if (source.kind === "weights") return source;
  const message = `Expected weights in ${path}, whose text tower goes with another model's image tower, but it holds ONNX files, which run as they are.`;
  throw new ClipError("model.unsupported", message);
}

/** The image tower and scale of one model and the text tower of the other, under OpenAI's names. */
export function joinedTensors(image: TensorMap, text: TensorMap, adapter?: TaskAdapter): TensorMap {
  const joined = new Map<string, NamedTensor>();
  for (const [name, tensor] of withOpenAiNames(image)) if (OF_IMAGES.test(name)) joined.set(name, tensor);
  for (const [name, tensor] of withOpenAiNames(text, adapter))
    if (!OF_IMAGES.test(name)) joined.set(name, tensor);
  return joined;
}

/** How pictures are brought to the one and texts to the other; what vectors may be cut to holds for both or for none. */
export function joinedSettings(image: ModelSettings, text: ModelSettings): ModelSettings {
  const { normalisation, preprocessing } = image;
  return {
    derive: joinedDerive(image.derive, text.derive),
    normalisation,
    preprocessing,
    tokenizer: text.tokenizer,
    ...(image.shorterDims && text.shorterDims
      ? { shorterDims: image.shorterDims.filter((length) => text.shorterDims!.includes(length)) }
      : {}),
    ...(text.family ? { family: text.family } : {}),
  };
}

function joinedDerive(image: DeriveOptions, text: DeriveOptions): DeriveOptions {
  const { activation, imageActivation = activation, imageHeads, imageEpsilon, imageSize, rotaryGrid } = image;
  const {
    imageActivation: _,
    imageHeads: __,
    imageEpsilon: ___,
    imageSize: ____,
    rotaryGrid: _____,
    ...rest
  } = text;
  return {
    ...rest,
    imageActivation: imageActivation ?? "quick_gelu",
    ...(imageHeads === undefined ? {} : { imageHeads }),
    ...(imageEpsilon === undefined ? {} : { imageEpsilon }),
    ...(imageSize === undefined ? {} : { imageSize }),
    ...(rotaryGrid === undefined ? {} : { rotaryGrid }),
  };
}
