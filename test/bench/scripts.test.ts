import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** `import { a, b as c } from "…"` and `const { a } = await import("…")`. */
const IMPORTS = [
  /import\s*\{([^}]*)\}\s*from\s*"([^"]+)"/g,
  /const\s*\{([^}]*)\}\s*=\s*await import\(\s*"([^"]+)"/g,
];

/** What scripts take of the built package: script, module under `src`, name. */
function taken(): [script: string, module: string, name: string][] {
  const scripts = ["bench", "tools", "examples"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".mjs") && !name.includes("node_modules"))
      .map((name) => `${folder}/${name}`),
  );
  return scripts.flatMap((script) => {
    const text = readFileSync(join(ROOT, script), "utf8");
    return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(([, names, path]) => {
      const [, module] = /(?:\.\.?\/)+dist\/(.+)\.js$/.exec(path!) ?? [];
      if (module === undefined) return [];
      const wanted = names!.split(",").map((name) => name.trim().split(/\s+as\s+|:/)[0]!);
      return wanted
        .filter((name) => name !== "")
        .map((name): [string, string, string] => [script, module, name]);
    });
  });
}

test("what the scripts for measuring take of the package is there", async () => {
  const all = taken();
  expect(all.length).toBeGreaterThan(50);
  const missing: string[] = [];
  for (const [script, module, name] of all) {
    const found: object = await import(join(ROOT, "src", `${module}.ts`));
    if (!(name in found)) missing.push(`${script}: ${name} of ${module}`);
  }
  expect(missing).toEqual([]);
});
