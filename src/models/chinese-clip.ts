import { CHINESE, CHINESE_CONTEXT } from "./families.js";
import { type FolderSettings, OPENAI_SETTINGS } from "./settings.js";

/**
 * Chinese-CLIP's own files (`clip_cn_rn50.pt`, `clip_cn_vit-b-16.pt`, …: cn_clip, clip/model.py), which no configuration lies beside:
 * OpenAI's image towers, a BERT under `bert.` read at its first token, pictures made square whatever their shape.
 */
export const CHINESE_SETTINGS: FolderSettings = {
  derive: {
    activation: "gelu",
    imageActivation: "quick_gelu",
    textEpsilon: 1e-12,
    textTower: { pool: "first", contextLength: CHINESE_CONTEXT },
  },
  normalisation: OPENAI_SETTINGS.normalisation,
  preprocessing: { ...OPENAI_SETTINGS.preprocessing, resizeTo: "squash" },
  folderTokenizer: {},
  family: CHINESE,
};
