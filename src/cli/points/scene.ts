import type { Clip } from "../../clip.js";
import { ClipError } from "../../errors.js";
import type { LabelSceneOptions } from "../../points/scene/label.js";
import type { LabelInput } from "../../zeroshot/prompts.js";
import { showsProgress } from "../options.js";
import { EXIT, harmless, print, say, type ToldWarning, warn, warningsJson } from "../output.js";
import { progress } from "../progress.js";
import { table } from "../table.js";
import type { PointsOptions } from "./options.js";

const right = { align: "right" } as const;

/** A scene → its parts with their labels, and a coloured file of it. */
export async function labelScenes(
  clip: Clip,
  files: readonly string[],
  labels: readonly LabelInput[],
  how: LabelSceneOptions,
  options: PointsOptions,
  warnings: ToldWarning[],
): Promise<number> {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0)
    throw new ClipError(
      "usage.points",
      `Expected one scene with --scene but received ${files.length} files.`,
    );
  const [{ labelScene }, { readShape }, { writeFileAtomic }] = await Promise.all([
    import("../../points/scene/label.js"),
    import("../../points/read/read.js"),
    import("../../models/atomic.js"),
  ]);
  const shape = readShape(file);
  for (const { code, message } of shape.warnings) {
    warnings.push({ code, message });
    if (!options.quiet) warn(message);
  }
  const bar = progress("labelling", "parts", showsProgress(options));
  const { cell, least, out } = options;
  const scene = await labelScene(clip, shape, labels, {
    ...how,
    ...(cell === undefined ? {} : { cell }),
    ...(least === undefined ? {} : { least }),
    onProgress: ({ done, total }) => bar.update(done, total, ""),
  }).finally(() => bar.stop());
  await writeFileAtomic(out!, scene.ply);
  const { parts, without } = scene;
  if (options.json) {
    const told = parts.map(({ answer, ...part }) => ({ ...part, ...answer }));
    print(
      JSON.stringify(
        { model: clip.model.name, scene: file, out, parts: told, without, ...warningsJson(warnings) },
        null,
        2,
      ),
    );
    return EXIT.done;
  }
  const rows = parts.map(({ points, middle, sizes, answer }, i) => {
    const best = answer.predictions[0]!;
    const place = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(" ");
    const name = answer.abstained ? "(none of these)" : harmless(best.label);
    return [
      String(i + 1),
      name,
      (100 * best.probability).toFixed(1),
      String(points),
      place(middle),
      place(sizes),
    ];
  });
  print(
    table(
      [
        { title: "part", ...right },
        { title: "label" },
        { title: "%", ...right },
        { title: "points", ...right },
        { title: "middle", ...right },
        { title: "size", ...right },
      ],
      rows,
    ),
  );
  if (!options.quiet) say(`${without} points are of no part; the coloured scene is ${out}`);
  return EXIT.done;
}
