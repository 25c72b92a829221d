import ts from "typescript";
import * as door from "../../src/index.js";

/** What a page takes for granted, as a reader does who has read what stands above: a model that is open, pictures, words. */
const GIVEN: Readonly<Record<string, string>> = {
  clip: 'const clip = await loadClip("starter", { cache: { text: true, image: true } });',
  labels: 'const labels = ["cat", "rocket"];',
  pictures:
    'const pictures = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? "a.jpg" : "photos/rocket/1.jpg"));',
  signal: "const signal = new AbortController().signal;",
  buffer: 'const buffer = await (await import("node:fs/promises")).readFile("a.jpg");',
  similarities: "const similarities = new Float32Array(64).map((_, i) => (i % 2) - 0.5);",
  truth: "const truth = new Uint8Array(64).map((_, i) => i % 2);",
  similaritiesOfOnePicture: "const similaritiesOfOnePicture = new Float32Array(2);",
};

/** Names that a program uses and does not make itself: identifiers that are neither declared nor a property. */
function freeNames(code: string): Set<string> {
  const used = new Set<string>();
  const made = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isProperty =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node);
      const isMade =
        (ts.isVariableDeclaration(parent) || ts.isBindingElement(parent) || ts.isParameter(parent)) &&
        parent.name === node;
      if (isMade || ts.isImportSpecifier(parent) || ts.isImportClause(parent)) made.add(node.text);
      else if (!isProperty) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("block.ts", code, ts.ScriptTarget.ES2022, true));
  return new Set([...used].filter((name) => !made.has(name)));
}

/** A page's block as a module that runs: with imports and `GIVEN` values for the names that it takes for granted. */
export function program(code: string): string {
  const free = freeNames(code);
  const given = Object.entries(GIVEN).filter(([name]) => free.has(name));
  const head = given.map(([, line]) => line).join("\n");
  const imports = [...new Set([...free, ...freeNames(head)])].filter((name) => name in door);
  const already = new Set(
    [...code.matchAll(/import (?:type )?\{([^}]*)\}/g)].flatMap(([, names]) => names!.split(/[\s,]+/)),
  );
  const missing = imports.filter((name) => !already.has(name));
  return `${missing.length === 0 ? "" : `import { ${missing.join(", ")} } from "zeroclip";\n`}${head}\n${code}`;
}

/** TypeScript → JavaScript for this Node, without `await using`. */
export function javascript(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}

/** What a strict compiler says of the programs, which lie in a folder with the package in reach. */
export function typeErrors(files: readonly string[]): string[] {
  const checked = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.esnext.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
  });
  return ts.getPreEmitDiagnostics(checked).map((found) => {
    const text = ts.flattenDiagnosticMessageText(found.messageText, "\n");
    return `${found.file?.fileName.replace(/^.*\//, "") ?? ""}: ${text}`;
  });
}
