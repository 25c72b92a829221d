// Words written on pictures: `npm run goals -- adapt --only robust-writing`. The starter can't read, so that a word fools it hardly more than an
// empty card; what a defence is worth is seen with one that reads. So one is taught here, on clothing's training split: a picture that
// a label is written on is answered with that label, as CLIP answers it.
import { seeded } from "../../dist/math/random.js";
import { readSquares } from "../../dist/robust/squares.js";
import { DEFAULT_TRAINING } from "../../dist/robust/train/options.js";
import { resized } from "../../dist/robust/train/variant.js";
import { writable } from "../../dist/robust/typographic/font.js";
import { stuck } from "../../dist/robust/typographic/stick.js";
import { clothes, figures, SEED, trained } from "./adapt-trained.mjs";
import { percent } from "./zeroshot-kept.mjs";

/** Nothing is attacked: the model learns labels, of photos and in writing. */
const READING = {
  ...DEFAULT_TRAINING,
  method: "tecoa",
  size: 96,
  seed: SEED,
  updates: 300,
  batch: 32,
  rate: 3e-4,
  cleanShare: 1,
  attackSteps: 0,
  epsilon: 0,
  lookEvery: 50,
  patience: 10,
};

/** How often each photo is written on: with other words, in other places. */
const WRITTEN = 4;

/** Clothing's training photos as they are, and with a label that is not theirs written on them, which is then the answer. */
async function writtenOn(preprocessing) {
  const set = await clothes("train");
  const { squares, truth } = await readSquares(set, set.pictures, resized(preprocessing, READING.size), {});
  const words = set.classes.map(({ label }) => writable(label));
  const random = seeded(SEED);
  const between = (least, most) => least + (most - least) * random();
  const sticker = () => ({
    style: random() < 0.5 ? "card" : "bare",
    width: between(0.35, 0.9),
    top: between(0.2, 0.8),
    left: between(0.3, 0.7),
  });
  const shown = squares.flatMap((square, i) => [
    { square, label: truth[i] },
    ...Array.from({ length: WRITTEN }, () => {
      const label = (truth[i] + 1 + Math.floor(random() * (words.length - 1))) % words.length;
      return { square: stuck(square, words[label], sticker()), label };
    }),
  ]);
  const [width, height] = [READING.size, READING.size];
  const pictures = shown.map(({ square, label }, i) => ({
    name: `written-on-${i}`,
    truth: label,
    open: () => ({ data: square, width, height, channels: 3 }),
  }));
  return { ...set, name: "clothing, written on", pictures };
}

export async function* writing() {
  const set = await clothes("test");
  const options = { parts: ["typographic"], pictures: set.pictures.length };
  const found = {
    "the starter": (await figures("starter", set, options)).typographic,
    "taught to read": (await figures(await trained("reading", READING, writtenOn), set, options)).typographic,
  };
  const show = ({ plain, defended }, of) => `${percent(plain[of].share)} → ${percent(defended[of].share)}`;
  for (const [model, { card, chosen, clean, emptyCard }] of Object.entries(found)) {
    const reads = model !== "the starter";
    yield {
      goal: `${model}: a card with a wrong word is answered with it, writing painted over`,
      asked: reads ? "halved" : "shown",
      measured: `${show(card, "fooled")} (an empty card ${percent(emptyCard.fooled.share)}); top-1 ${show(card, "right")}`,
      ...(reads ? { met: card.defended.fooled.share <= card.plain.fooled.share / 2 } : {}),
    };
    yield {
      goal: "… the attacker takes the best of 6 stickers and knows the defence",
      asked: "shown",
      measured: `${show(chosen, "fooled")}; top-1 ${show(chosen, "right")}`,
    };
    yield {
      goal: "… clean pictures, writing painted over",
      asked: "shown",
      measured: `${percent(clean.plain.share)} → ${percent(clean.defended.share)}`,
    };
  }
}
