import { PUBLISHED_NOTE } from "../evaluate/published.js";

export { PUBLISHED_NOTE };

/** What others measured of adversarial fine-tuning: percent. */
export interface PublishedRobust {
  readonly method: string;
  readonly clean: number;
  /** Under L∞ attacks of 2/255. */
  readonly attacked: number;
}

/** Where they are from; mean zero-shot accuracy over its sets. The number after a method is the budget that it was trained with. */
export const PUBLISHED_SOURCE = "github.com/chs20/RobustVLM, README.md, Additional Models";

export const PUBLISHED_ROBUST: readonly PublishedRobust[] = [
  { method: "ViT-B/32, TeCoA 1/255", clean: 53.1, attacked: 26.6 },
  { method: "ViT-B/32, FARE 1/255", clean: 60.5, attacked: 20.1 },
  { method: "ViT-B/32, TeCoA 4/255", clean: 44.0, attacked: 33.1 },
  { method: "ViT-B/32, FARE 4/255", clean: 48.6, attacked: 33.7 },
  { method: "ConvNeXt-B (LAION-2B), TeCoA 4/255", clean: 56.2, attacked: 44.1 },
  { method: "ConvNeXt-B (LAION-2B), FARE 4/255", clean: 60.2, attacked: 44.1 },
];
