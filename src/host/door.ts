import type { BrowserFiles, BrowserFilesOptions } from "./browser-files.js";

/** `writeBrowserFiles` of browser-files.ts, loaded when it is called. */
export async function writeBrowserFiles(
  folder: string,
  options?: BrowserFilesOptions,
): Promise<BrowserFiles> {
  return (await import("./browser-files.js")).writeBrowserFiles(folder, options);
}
