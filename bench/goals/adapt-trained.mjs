// What the goals of resisting attacks share: starters that are trained once and kept beside the unpacked data, and figures of a model.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { labelInputs } from "../../dist/evaluate/data/labelled-set.js";
import { loadClip } from "../../dist/index.js";
import { measureRobustness } from "../../dist/robust/robust.js";
import { openSubject } from "../../dist/robust/subject.js";
import { trainModel } from "../../dist/robust/train/train-model.js";
import { cache, clothing } from "./data.mjs";
import { setOf } from "./zeroshot-kept.mjs";

const home = join(cache, "home");
export const say = (text) => process.stderr.write(`${text}\n`);
export const SEED = 1;

/** Clothing's pictures, their labels and words. */
export const clothes = (split) => setOf(clothing(split), "clothing", "clothing-10");

async function textsOf(model, set, templates) {
  const clip = await loadClip(model, { home, calibration: false });
  try {
    return await clip.zeroShotWeights(labelInputs(set.classes), templates);
  } finally {
    await clip[Symbol.asyncDispose]();
  }
}

/**
 * The folder of a starter trained on the pictures of `read(preprocessing)`; trained where it is not there yet, and gone on with where that
 * was stopped.
 */
export async function trained(name, settings, read) {
  const key = Object.entries(settings).map(([key, value]) => `${key}-${value}`);
  const out = join(cache, "robust", [...(name === settings.method ? [] : [name]), ...key].join("_"));
  if (existsSync(out)) return out;
  mkdirSync(join(cache, "robust"), { recursive: true });
  const subject = await openSubject("starter", { home });
  try {
    const set = await read(subject.plan.manifest.image.preprocessing);
    const { vectors } = await textsOf("starter", set);
    const train = () =>
      trainModel(subject, set, {
        ...{ settings, out, texts: vectors },
        onProgress: ({ done, total, loss, look }) => {
          if (look === undefined && done % 20 !== 0) return;
          const looked = look
            ? `; held out ${look.attacked.toFixed(3)} attacked, ${look.clean.toFixed(3)} clean`
            : "";
          say(`${name}: ${done} of ${total} updates, loss ${loss.toFixed(3)}${looked}`);
        },
      });
    await train().catch(async (error) => {
      if (error.code !== "robust.training" || !existsSync(`${out}.training`)) throw error;
      say(`${name}: begun anew, as what was kept is of other pictures`);
      rmSync(`${out}.training`);
      await train();
    });
  } finally {
    await subject[Symbol.asyncDispose]();
  }
  return out;
}

/** Figures of a model on a set, with the label set's prompts or given ones. */
export async function figures(model, set, { templates, ...options }) {
  const subject = await openSubject(model, { home });
  let told = performance.now();
  const onProgress = (part, done, total) => {
    if (part === "reading" || performance.now() - told < 30_000) return;
    told = performance.now();
    say(`${part}: ${done} of ${total} passes`);
  };
  try {
    const texts = await textsOf(model, set, templates);
    return await measureRobustness(subject, texts, set, { seed: SEED, onProgress, ...options });
  } finally {
    await subject[Symbol.asyncDispose]();
  }
}
