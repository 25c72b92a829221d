import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ClipError } from "../errors.js";
import { partialName, publishFolder } from "../models/atomic.js";
import { makeFolder } from "../models/folder.js";
import type { ModelManifest, ScriptTower } from "../models/manifest.js";
import { manifestJson } from "../models/manifest-json.js";
import type { ModelPlan } from "../models/plan.js";
import { writeScriptTowers } from "../models/script-towers.js";
import { asWritten, writeSynced, writeTower, writeTowers } from "../models/write-tower.js";
import { type AlignedTower, MOST_LENGTH } from "./align.js";
import { FEATURES, IDS, MASK, studentGraph } from "./student.js";

/** Raises `align.out` where something is in the way of a new folder. */
export async function checkOut(out: string): Promise<void> {
  if ((await stat(out).catch(() => undefined)) === undefined) return;
  throw new ClipError("align.out", `Expected a folder that is not there yet but ${out} is: name another.`);
}

/** Raises `align.model` for a model that can't be written as a folder of ours. */
export function checkModel({ name, image }: ModelManifest): void {
  if (image.pixels.layout === "u8-nhwc") return;
  const message = `Expected a model of ours or a checkpoint but ${name} is a folder of ONNX files with their own normalisation.`;
  throw new ClipError("align.model", message);
}

/** Writes a model with a further text tower as a folder that `--model` opens, whole or not at all. Raises `align.*`, `aborted`. */
export async function writeAligned(
  out: string,
  plan: ModelPlan,
  { student, tokenizer, scripts, figures }: AlignedTower,
  signal?: AbortSignal,
): Promise<ModelManifest> {
  await checkOut(out);
  const folder = partialName(resolve(out));
  try {
    await makeFolder(folder);
    const { manifest } = plan;
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
    const { knownScripts } = manifest;
    const made: ModelManifest = {
      ...{ ...manifest, ...asWritten(manifest) },
      name: basename(resolve(out)),
      revision: createHash("sha256")
        .update(JSON.stringify({ of: manifest.revision, files }))
        .digest("hex"),
      // The new one comes first: it is asked before those that read the same scripts.
      textByScript: [tower, ...(manifest.textByScript ?? [])],
      ...(knownScripts ? { knownScripts: [...new Set([...knownScripts, ...scripts])] } : {}),
    };
    const json = { ...manifestJson(made), revision: made.revision, aligned: figures };
    await writeSynced(folder, "zeroclip.json", [Buffer.from(`${JSON.stringify(json, null, 2)}\n`)]);
    if (!(await publishFolder(folder, resolve(out)))) await checkOut(out);
    return made;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
