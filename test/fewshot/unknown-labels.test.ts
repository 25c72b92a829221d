import { expect, test } from "vitest";
import { withAdapter } from "../../src/fewshot/clip.js";
import { fitAdapter } from "../../src/fewshot/fewshot.js";
import { pickShots } from "../../src/fewshot/shots.js";
import { scene } from "./scene.js";

const model = { name: "m", revision: "0".repeat(64), precision: "fp32", dim: 32, logitScale: 20 } as const;

test("a label that the adapter never saw is answered no sooner than one that it knows by words alone", async () => {
  // Six labels, three of which have pictures.
  const { train, test: measured } = scene({ labels: 6, each: 8 });
  const partly = pickShots(
    train,
    [...train.truth.keys()].filter((i) => train.truth[i]! < 3),
  );
  const clip = { model } as never;
  const adapter = await fitAdapter(clip, partly, ["a {}"], { method: "linear-probe" });
  expect(adapter.shift).toBeGreaterThan(0);
  const taught = withAdapter(clip, adapter);
  const answered = async (last: string): Promise<number> => {
    const labels = [...train.labels.slice(0, 3), last];
    const compare = await taught.comparing({
      labels,
      vectors: [...train.texts.slice(0, 3), train.texts[5]!],
    });
    const seen = [...measured.truth.keys()].filter((i) => measured.truth[i]! < 3);
    return seen.filter((i) => {
      const { scores } = compare(measured.features[i]!);
      return scores[3]! >= Math.max(...scores.slice(0, 3));
    }).length;
  };
  const [known, unknown] = [await answered("label 5"), await answered("never heard of")];
  expect(unknown).toBeLessThanOrEqual(known + 2);
});
