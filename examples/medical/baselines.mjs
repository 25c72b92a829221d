// What needs no model at all: if it does as well, the model has learnt nothing that counts.
import { draw, largest, spread } from "./shown.mjs";
import { logisticRegression, mean } from "./statistics.mjs";

const COUNTS = [4, 16];

/** Right of the others, in %, by numbers of each picture: [draws]. */
export function byNumbers({ names, truth, seed, draws }, numbersOf, count) {
  return Array.from({ length: draws }, (_, one) => {
    const { drawn, rest } = draw(truth, count, seed + one);
    const answer = logisticRegression(
      drawn.map(numbersOf),
      drawn.map((i) => truth[i]),
      names.length,
    );
    return 100 * mean(rest.map((i) => Number(largest(answer(numbersOf(i))) === truth[i])));
  });
}

export async function plainBaselines(data) {
  const { facts } = data;
  const kinds = {
    "mean brightness": (i) => [facts[i].brightness],
    "brightness and contrast": (i) => facts[i].contrast,
    "thumbnail of 16 × 16": (i) => facts[i].thumbnail,
  };
  const rows = Object.entries(kinds).flatMap(([name, of]) =>
    COUNTS.map((count) => [name, count, spread(byNumbers(data, of, count), 1)]),
  );
  return {
    title: `Without a model: logistic regression on plain numbers, the same draws; mean (least–largest)`,
    columns: ["numbers", "examples a class", "right, %"],
    rows,
  };
}
