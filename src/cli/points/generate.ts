import type { Command } from "commander";
import { Option } from "commander";
import type { GenerateOptions } from "../../points/generate/folder.js";
import { numberFrom, showsProgress, whole } from "../options.js";
import { EXIT, interruptedAfter, print } from "../output.js";
import { progress } from "../progress.js";

interface Options {
  readonly count?: number;
  readonly kinds?: string;
  readonly seed?: number;
  readonly points?: number;
  readonly noise?: number;
  readonly missing?: number;
  readonly turn?: "up" | "any" | "none";
  readonly mesh?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** Made shapes in a folder. */
export async function generate(signal: AbortSignal, folder: string, options: Options): Promise<number> {
  const { generateShapes } = await import("../../points/generate/folder.js");
  const { count, kinds, seed, points, noise, missing, turn, mesh } = options;
  const asked: GenerateOptions = {
    ...(count === undefined ? {} : { count }),
    ...(kinds === undefined ? {} : { kinds: kinds.split(",").map((kind) => kind.trim()) }),
    ...(seed === undefined ? {} : { seed }),
    ...(points === undefined ? {} : { points }),
    ...(noise === undefined ? {} : { noise }),
    ...(missing === undefined ? {} : { missing }),
    ...(turn === undefined ? {} : { turn }),
    ...(mesh ? { form: "mesh" } : {}),
  };
  const bar = progress("making", "shapes", showsProgress(options));
  let at = { done: 0, total: 0 };
  try {
    const made = await generateShapes(folder, {
      ...asked,
      signal,
      onProgress: (now) => {
        at = now;
        bar.update(now.done, now.total, "");
      },
    });
    print(options.json ? JSON.stringify({ folder, shapes: made }) : `${made} shapes in ${folder}`);
    return EXIT.done;
  } catch (error) {
    throw interruptedAfter(error, at.done, at.total, "shapes");
  } finally {
    bar.stop();
  }
}

/** Adds its options. */
export function withGenerate(command: Command): Command {
  return command
    .option("--count <n>", "shapes of each kind (default: 10)", whole(1, 100_000))
    .option("--kinds <list>", "some of them, between commas (default: all)")
    .option("--seed <n>", "other seeds give other shapes (default: 1)", whole(0, 20_000))
    .option("--points <n>", "points of a cloud (default: 4096)", whole(16, 1_000_000))
    .option("--noise <share>", "noise as a share of a shape's size (default: 0.005)", numberFrom(0, 0.2))
    .option("--missing <share>", "share of clouds with a piece missing (default: 0.5)", numberFrom(0, 1))
    .addOption(
      new Option("--turn <how>", "around the vertical (default: up), any way, or none").choices([
        "up",
        "any",
        "none",
      ]),
    )
    .option("--mesh", "triangles instead of points")
    .option("--json", "print JSON")
    .option("-q, --quiet", "no progress")
    .option("--progress", "progress also where stderr is no terminal");
}
