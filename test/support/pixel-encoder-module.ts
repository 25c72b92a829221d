import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "..", "..");

/** Writes `pixel-encoder.ts` as a module that plain Node runs with the built library → its address. */
export function pixelEncoderModule(folder: string): string {
  const source = readFileSync(join(import.meta.dirname, "pixel-encoder.ts"), "utf8");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  const path = join(folder, "pixel-encoder.mjs");
  writeFileSync(path, outputText.replaceAll("../../src/", `${pathToFileURL(join(ROOT, "dist"))}/`));
  return pathToFileURL(path).href;
}
