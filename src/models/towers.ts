import { join } from "node:path";
import { ClipError } from "../errors.js";
import type { Session } from "../runtime/session.js";
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

/** Both towers of a model, none opened yet; a compiled form that ONNX Runtime refuses is made anew once for both. */
export function towersOf(handle: ModelHandle, { open, again, onRebuilt }: TowersOptions): Towers {
  let rebuilt: Promise<ModelHandle> | undefined;
  const rebuild = async (): Promise<ModelHandle> => {
    await handle.discard?.();
    onRebuilt(handle.manifest.name);
    return again();
  };
  const openTower = async (name: "image" | "text"): Promise<Session> => {
    const { folder, manifest } = await (rebuilt ?? handle);
    try {
      return await open(join(folder, manifest[name].file));
    } catch (error) {
      if (!(error instanceof ClipError && error.code === "runtime.open" && handle.discard)) throw error;
      rebuilt ??= rebuild();
      const { folder, manifest } = await rebuilt;
      return open(join(folder, manifest[name].file));
    }
  };
  return { image: new Tower(() => openTower("image")), text: new Tower(() => openTower("text")) };
}
