import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "..", "..");

/** A module of `src/` and all that it imports, as JavaScript in a temporary folder, so that a child process can run it. */
export interface Transpiled extends AsyncDisposable {
  readonly folder: string;
}

/** Transpiles `src/<entry>.ts` and its relative imports to `<folder>/src/<entry>.js`, with the packages in reach. */
export async function transpile(entry: string): Promise<Transpiled> {
  const folder = await mkdtemp(join(tmpdir(), "zeroclip-transpiled-"));
  const waiting = [join(ROOT, "src", `${entry}.ts`)];
  const seen = new Set(waiting);
  for (const path of waiting) {
    const source = await readFile(path, "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    const output = join(folder, relative(ROOT, path).replace(/\.ts$/, ".js"));
    await mkdir(dirname(output), { recursive: true });
    await writeFile(output, outputText);
    for (const [, specifier] of outputText.matchAll(/(?:from |import\()"(\.{1,2}\/[^"]+)\.js"/g)) {
      const imported = join(dirname(path), `${specifier}.ts`);
      if (!seen.has(imported)) waiting.push(imported);
      seen.add(imported);
    }
  }
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
