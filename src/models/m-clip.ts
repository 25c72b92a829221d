import { HUB_TOWERS, MULTILINGUAL } from "./families.js";
import type { JsonObject } from "./json.js";
import type { ModelSettings } from "./settings.js";

/**
 * The config.json of an M-CLIP text tower (github.com/FreddeFrallan/Multilingual-CLIP): which encoder of transformers' it is made of;
 * its feature is the mean of what is no padding, through a linear layer. Raises `model.unsupported` for another encoder.
 */
export function mClipText(config: JsonObject): Pick<ModelSettings, "derive" | "family"> {
  const base = config.string("modelBase").toLowerCase();
  const tower = HUB_TOWERS.find((known) => !known.sines && known.name.test(base));
  if (!tower) throw config.wrong("modelBase", "an XLM-RoBERTa, LaBSE or another BERT");
  const { epsilon, firstPosition } = tower;
  const textTower = { pool: "mean", ...(firstPosition === undefined ? {} : { firstPosition }) } as const;
  return { derive: { activation: "gelu", textEpsilon: epsilon, textTower }, family: MULTILINGUAL };
}
