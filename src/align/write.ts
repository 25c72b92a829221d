import { ClipError } from "../errors.js";
import { writeDerived } from "../models/derived-folder.js";
import type { ModelManifest, ScriptTower } from "../models/manifest.js";
import type { ModelPlan } from "../models/plan.js";
import { writeScriptTowers } from "../models/script-towers.js";
import { writeSynced, writeTower, writeTowers } from "../models/write-tower.js";
import { type AlignedTower, MOST_LENGTH } from "./align.js";
import { FEATURES, IDS, MASK, studentGraph } from "./student.js";

/** Raises `align.model` for a model that can't be written as a folder of ours. */
export function checkModel({ name, image }: ModelManifest): void {
  if (image.pixels.layout === "u8-nhwc") return;
  const message = `Expected a model of ours or a checkpoint but ${name} is a folder of ONNX files with their own normalisation.`;
  throw new ClipError("align.model", message);
}

/** Writes a model with a further text tower as a folder that `--model` opens, whole or not at all. Raises `align.*`, `aborted`. */
export function writeAligned(
  out: string,
  plan: ModelPlan,
  { student, tokenizer, scripts, figures }: AlignedTower,
  signal?: AbortSignal,
): Promise<ModelManifest> {
  return writeDerived(out, "align.out", plan.manifest, async (folder) => {
    const files = await writeTowers(folder, await plan.graphs(), plan.tokenizerFile, { signal });
    files.push(...(await writeScriptTowers(folder, plan)));
    const name = `text-${scripts.join("-").toLowerCase()}-${figures.pairs.learnt}`;
    files.push(...(await writeTower(folder, name, studentGraph(student), { signal })));
    files.push(await writeSynced(folder, `${name}.json`, [Buffer.from(JSON.stringify(tokenizer))]));
    const tower: ScriptTower = {
      scripts,
      tower: {
        ...{ file: `${name}.onnx`, idsInput: IDS, idsType: "int64", maskInput: MASK, output: FEATURES },
        tokenizer: {
          ...{ kind: "huggingface", file: `${name}.json` },
          ...{ maxLength: MOST_LENGTH, padTokenId: 0, padToMaxLength: false },
        },
      },
    };
    const { knownScripts, textByScript = [] } = plan.manifest;
    return {
      files,
      changes: {
        // The new one comes first: it is asked before those that read the same scripts.
        textByScript: [tower, ...textByScript],
        ...(knownScripts ? { knownScripts: [...new Set([...knownScripts, ...scripts])] } : {}),
      },
      record: { aligned: figures },
    };
  });
}
