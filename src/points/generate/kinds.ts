import { bed, bookshelf, chair, sofa, stool, table } from "./furniture.js";
import type { Chance, Part } from "./kit.js";
import { guitar, ladder, lamp, laptop, umbrella } from "./things.js";
import { airplane, bicycle, boat, car } from "./vehicles.js";
import { bottle, bowl, mug, vase, wineGlass } from "./vessels.js";

/** Everyday shapes by what they are called. */
export const KINDS: Readonly<Record<string, (chance: Chance) => Part[]>> = {
  airplane,
  bed,
  bicycle,
  boat,
  bookshelf,
  bottle,
  bowl,
  car,
  chair,
  guitar,
  ladder,
  lamp,
  laptop,
  mug,
  sofa,
  stool,
  table,
  umbrella,
  vase,
  "wine glass": wineGlass,
};
