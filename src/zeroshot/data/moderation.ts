import type { SetLabel } from "../label.js";

/** What the set is not: part of its description, so that whoever lists the sets reads it. */
export const MODERATION_DESCRIPTION =
  "content moderation, an example and no safeguard: CLIP sees what a picture resembles, not whether it is allowed; it " +
  "misses much, is unsure of drawings, medicine, art, bathing and news, and errs more on some groups of people than on " +
  "others. Measure on your own pictures, calibrate, and let a person decide";

/** Kinds of pictures that a platform may want a person to look at, and the harmless ones beside them. */
export const MODERATION: readonly SetLabel[] = [
  {
    id: "safe",
    name: "ordinary picture",
    aliases: ["everyday photo"],
    prompts: ["a photo of people in everyday life.", "a photo of an object.", "a photo of a landscape."],
    translations: { zh: "普通图片" },
  },
  {
    id: "weapon",
    name: "weapon",
    aliases: ["gun", "rifle"],
    description: "a firearm or a knife held to harm",
    translations: { zh: "武器" },
  },
  {
    id: "violence",
    name: "violent scene",
    aliases: ["fight between people"],
    description: "people who attack or injure others",
    translations: { zh: "暴力场面" },
  },
  {
    id: "blood",
    name: "blood and injury",
    aliases: ["open wound"],
    translations: { zh: "血腥与伤口" },
  },
  {
    id: "nudity",
    name: "nudity",
    aliases: ["naked person"],
    translations: { zh: "裸露" },
  },
  {
    id: "swimwear",
    name: "person in swimwear",
    description: "at a beach or a pool",
    translations: { zh: "穿泳装的人" },
  },
  {
    id: "art-nude",
    name: "nude in art",
    aliases: ["nude statue", "nude painting"],
    translations: { zh: "裸体艺术作品" },
  },
  {
    id: "drugs",
    name: "illegal drugs",
    aliases: ["syringe and powder"],
    translations: { zh: "毒品" },
  },
  {
    id: "tobacco",
    name: "cigarette",
    aliases: ["person smoking"],
    translations: { zh: "香烟" },
  },
  {
    id: "alcohol",
    name: "alcoholic drink",
    aliases: ["bottle of liquor"],
    translations: { zh: "酒类饮品" },
  },
  {
    id: "hate-symbol",
    name: "hate symbol",
    aliases: ["extremist flag"],
    translations: { zh: "仇恨符号" },
  },
  {
    id: "gambling",
    name: "gambling",
    aliases: ["casino table", "slot machine"],
    translations: { zh: "赌博" },
  },
  {
    id: "private-document",
    name: "identity document",
    aliases: ["passport", "bank card"],
    translations: { zh: "身份证件" },
  },
  {
    id: "spam",
    name: "advertisement with text",
    aliases: ["QR code"],
    translations: { zh: "带文字的广告" },
  },
];
