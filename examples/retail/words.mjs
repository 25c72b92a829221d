/** What kinds of clothes are called in English and Chinese. */
const WORDS = {
  longsleeve: ["long-sleeved top", "长袖上衣"],
  outwear: ["jacket or coat", "外套"],
  "t-shirt": ["T-shirt", "T恤"],
  dress: ["dress", "连衣裙"],
  hat: ["hat", "帽子"],
  pants: ["trousers", "长裤"],
  shirt: ["shirt", "衬衫"],
  shoes: ["shoes", "鞋"],
  shorts: ["shorts", "短裤"],
  skirt: ["skirt", "半身裙"],
};

/** [English, Chinese]; kinds that are not known by their own name. */
export const wordsOf = (kind) => WORDS[kind] ?? [kind, kind];
