import { ClipError } from "../errors.js";
import { nearest } from "../math/nearest.js";
import { IMAGENET_7, IMAGENET_80 } from "./data/imagenet-templates.js";

/** Prompt templates for a kind of picture, by name; each says what the picture is beside the label. */
export const DOMAINS: Readonly<Record<string, readonly string[]>> = {
  generic: ["a photo of a {}.", "a picture of a {}.", "{}"],
  "imagenet-7": IMAGENET_7,
  "imagenet-80": IMAGENET_80,
  retail: [
    "a product photo of a {}.",
    "a photo of a {} on a white background.",
    "a {} for sale in an online shop.",
    "a catalogue picture of a {}.",
    "a {} on the shelf of a shop.",
  ],
  satellite: ["a satellite photo of a {}.", "an aerial photo of a {}.", "a {} seen from above."],
  food: ["a photo of {}, a kind of food.", "a plate of {}.", "a close-up photo of {}."],
  texture: ["a photo of a {} texture.", "a photo of a {} pattern.", "a close-up of a {} surface."],
  medical: ["a medical image of {}.", "an X-ray that shows {}.", "a scan of a patient with {}."],
  sketch: ["a sketch of a {}.", "a drawing of a {}.", "a line drawing of a {}."],
  document: ["a scan of a {}.", "a photo of a {} on paper.", "a screenshot of a {}."],
};

/** The templates of a domain. Raises `labels.domain` with the nearest name. */
export function domainTemplates(name: string): readonly string[] {
  if (Object.hasOwn(DOMAINS, name)) return DOMAINS[name]!;
  const names = Object.keys(DOMAINS);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new ClipError("labels.domain", `Expected one of ${names.join(", ")} but received "${name}".${hint}`);
}
