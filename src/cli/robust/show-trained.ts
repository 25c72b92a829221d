import type { TrainedModel } from "../../robust/train/train-model.js";
import { table } from "../table.js";

const right = { align: "right" } as const;

/** A trained model for people: what it was trained on, and its looks at held-out pictures. */
export function showTrained({ manifest, settings, pictures, learnt, looks }: TrainedModel): string {
  const { method, epsilon, size, seed } = settings;
  const rows = looks.map(({ update, attacked, clean }) => [
    String(update),
    attacked.toFixed(4),
    clean.toFixed(4),
  ]);
  const head = `${manifest.name}: ${method}, ${epsilon}/255, ${size} × ${size} pixels, ${pictures} pictures, ${learnt} weights learnt, seed ${seed}`;
  const looked = table(
    [
      { title: "update", ...right },
      { title: "loss, attacked", ...right },
      { title: "loss, clean", ...right },
    ],
    rows,
  );
  return `${head}\n\n${looked}\n\nThese are losses on held-out pictures; "zeroclip robust" measures accuracy.`;
}
