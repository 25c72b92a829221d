import { join } from "node:path";
import { ClipError } from "../errors.js";
import type { Session } from "../runtime/session.js";
import type { ModelManifest } from "./manifest.js";
import type { ModelHandle } from "./plan.js";
import { Tower, type Towers } from "./tower.js";

export type { Towers } from "./tower.js";

export interface TowersOptions {
  /** An ONNX file → its session. */
  readonly open: (file: string) => Promise<Session>;
  /** The same model found (and where it must, compiled) once more, after its compiled form was forgotten. */
  readonly again: () => Promise<ModelHandle>;
  /** Told that a compiled form was damaged and is made anew. */
  readonly onRebuilt: (name: string) => void;
}

/** A model's towers, none opened yet; a compiled form that ONNX Runtime refuses is made anew once for all. */
export function towersOf(handle: ModelHandle, { open, again, onRebuilt }: TowersOptions): Towers {
  let rebuilt: Promise<ModelHandle> | undefined;
  const rebuild = async (): Promise<ModelHandle> => {
    await handle.discard?.();
    onRebuilt(handle.manifest.name);
    return again();
  };
  const openTower = async (fileOf: (manifest: ModelManifest) => string): Promise<Session> => {
    const { folder, manifest } = await (rebuilt ?? handle);
    try {
      return await open(join(folder, fileOf(manifest)));
    } catch (error) {
      if (!(error instanceof ClipError && error.code === "runtime.open" && handle.discard)) throw error;
      rebuilt ??= rebuild();
      const { folder, manifest } = await rebuilt;
      return open(join(folder, fileOf(manifest)));
    }
  };
  const tower = (fileOf: (manifest: ModelManifest) => string): Tower => new Tower(() => openTower(fileOf));
  const { textByScript = [] } = handle.manifest;
  return {
    image: tower(({ image }) => image.file),
    text: tower(({ text }) => text.file),
    textByScript: textByScript.map((_, i) => tower((manifest) => manifest.textByScript![i]!.tower.file)),
  };
}
