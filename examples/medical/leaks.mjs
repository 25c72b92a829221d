// Classes of public sets come from different places. What shows no lung must not tell them apart; where it does, figures say
// where a picture comes from as much as what is in it.
import { fewshot, withAdapter } from "zeroclip";
import { byNumbers } from "./baselines.mjs";
import { frameOnly } from "./pictures.mjs";
import { draw, percent, spread } from "./shown.mjs";
import { mean } from "./statistics.mjs";

const COUNT = 16;

/** The model on frames alone: the same examples, the middle of every picture covered. */
async function framesByModel({ clip, set, names, truth, seed, draws }) {
  const framed = await Promise.all(set.pictures.map(({ name }) => frameOnly(name)));
  const vectors = await clip.encodeImages(framed);
  const shares = [];
  for (let one = 0; one < draws; one++) {
    const { drawn, rest } = draw(truth, COUNT, seed + one);
    const pictures = drawn.map((i) => ({ ...set.pictures[i], open: () => framed[i] }));
    const { adapter } = await fewshot(
      clip,
      { ...set, pictures },
      { method: "linear-probe", seed: seed + one },
    );
    const model = withAdapter(clip, adapter);
    const answer = await model.answerer(await model.zeroShotWeights(names));
    shares.push(
      100 * mean(rest.map((i) => Number(answer(vectors[i]).predictions[0].label === names[truth[i]]))),
    );
  }
  return shares;
}

export async function leaks(data) {
  const { names, facts } = data;
  const chance = percent(1 / names.length);
  const framed = byNumbers(data, (i) => facts[i].frame, COUNT);
  const contrast = byNumbers(data, (i) => facts[i].contrast, COUNT);
  const model = await framesByModel(data);
  const worst = Math.max(mean(framed), mean(contrast), mean(model));
  return {
    title: `Leaks: ${COUNT} examples a class, but nothing of the lungs; guessing is right in ${chance}`,
    columns: ["told by", "right, %"],
    rows: [
      ["brightness and contrast of the whole", spread(contrast, 1)],
      ["brightness of the frame (22 of 224 pixels), in parts", spread(framed, 1)],
      ["the model, the middle of each picture covered", spread(model, 1)],
    ],
    notes: [
      worst / 100 > 1.5 / names.length
        ? "The sources can be told apart without the lungs: no figure of this set says how well a disease is found."
        : "Nothing here tells the sources apart; other leaks may remain.",
    ],
  };
}
