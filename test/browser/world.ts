// The browser's world, bundled and run in a page.
import { predict } from "../../src/browser/index.js";
import { clearModels, storedModels } from "../../src/browser/kept.js";
import { loadClip } from "../../src/browser/load.js";
import type { Clip } from "../../src/index.js";
import { CASES, type Plain, type World } from "./cases.js";

const opened: AsyncDisposable[] = [];

const world: World = {
  async open(model, options) {
    const clip = await loadClip(model, { files: "/zeroclip/", ...options });
    opened.push(clip);
    return clip as unknown as Clip;
  },
  async file(path) {
    return new Uint8Array(await (await fetch(`/repository/${path}`)).arrayBuffer());
  },
  predict,
};

Object.assign(globalThis, {
  zeroclip: { loadClip, storedModels, clearModels },
  /** Runs a case; what it opened is closed. */
  async runCase(name: string): Promise<Plain> {
    try {
      return await CASES[name]!(world);
    } finally {
      for (const clip of opened.splice(0)) await clip[Symbol.asyncDispose]();
    }
  },
});
