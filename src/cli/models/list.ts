import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { STARTER_FOLDER } from "../../find-model.js";
import { listCompiled } from "../../models/compiled-cache.js";
import { openModel } from "../../models/open.js";
import { quantizedName } from "../../models/quantized.js";
import { REGISTRY } from "../../models/registry.js";
import { listPulled } from "../../models/store.js";
import { bytes } from "../bytes.js";
import { EXIT, print } from "../output.js";
import { table } from "../table.js";
import { compiledFolder, type ModelsOptions, settings } from "./settings.js";

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}

interface Listed {
  readonly name: string;
  readonly parameters: number;
  readonly imageSize: number;
  readonly dim: number;
  readonly bytes: number;
  readonly state: "in the package" | "downloaded" | "not downloaded" | "quantized";
  readonly compiledBytes: number;
}

/** The starter, the five variants, and what else lies on this machine. */
export async function list(_signal: AbortSignal, options: ModelsOptions): Promise<number> {
  const { home } = settings(options);
  const compiled = await listCompiled(compiledFolder(home));
  const compiledBytes = (name: string): number =>
    compiled.filter((entry) => entry.name === name).reduce((sum, entry) => sum + entry.bytes, 0);
  const starter = await openModel(STARTER_FOLDER, { cacheFolder: compiledFolder(home) });
  const pulled = await listPulled(home);
  const unquantized: Listed[] = [
    {
      name: "starter",
      parameters: starter.manifest.parameters.image + starter.manifest.parameters.text,
      imageSize: starter.manifest.image.preprocessing.size,
      dim: starter.manifest.dim,
      bytes: await folderBytes(STARTER_FOLDER),
      state: "in the package",
      compiledBytes: 0,
    },
    ...REGISTRY.map((entry): Listed => {
      const here = pulled.find(({ kind, name }) => kind === "registry" && name === entry.name);
      return {
        name: entry.name,
        parameters: entry.parameters.total,
        imageSize: entry.inputPx,
        dim: entry.dim,
        bytes: here?.bytes ?? entry.bytes,
        state: here ? "downloaded" : "not downloaded",
        compiledBytes: compiledBytes(entry.name),
      };
    }),
  ];
  const rows = unquantized.flatMap((row): Listed[] => {
    const name = quantizedName(row.name);
    const form = compiled.find((entry) => entry.name === name);
    const quantized = {
      ...row,
      name,
      bytes: form?.bytes ?? 0,
      state: "quantized",
      compiledBytes: 0,
    } as const;
    return form ? [row, quantized] : [row];
  });
  const named = new Set(rows.map(({ name }) => name));
  const hubs = pulled.filter(({ kind }) => kind === "hub");
  const others = compiled.filter(({ name }) => !named.has(name));
  if (options.json) {
    print(JSON.stringify({ home, models: rows, hub: hubs, otherCompiled: others }, null, 2));
    return EXIT.done;
  }
  const right = { align: "right" } as const;
  const columns = [
    { title: "model" },
    { title: "parameters", ...right },
    { title: "picture", ...right },
    { title: "vector", ...right },
    { title: "file", ...right },
    { title: "state" },
    { title: "compiled", ...right },
  ];
  const size = (count: number): string => (count > 0 ? bytes(count) : "");
  print(
    table(
      columns,
      rows.map((row) => [
        row.name,
        millions(row.parameters),
        `${row.imageSize} px`,
        String(row.dim),
        bytes(row.bytes),
        row.state === "quantized" ? "quantised" : row.state,
        size(row.compiledBytes),
      ]),
    ),
  );
  if (hubs.length > 0) {
    const rowsOfHub = hubs.map((hub) => [
      hub.name,
      (hub.revision ?? "").slice(0, 12),
      bytes(hub.bytes),
      size(compiledBytes(hub.name)),
    ]);
    print(
      `\n${table([{ title: "from Hugging Face" }, { title: "commit" }, { title: "files", ...right }, { title: "compiled", ...right }], rowsOfHub)}`,
    );
  }
  const foreign = others.filter(({ name }) => !hubs.some((hub) => hub.name === name));
  if (foreign.length > 0) {
    print(
      `\n${table(
        [{ title: "compiled from other files" }, { title: "size", ...right }],
        foreign.map((entry) => [entry.name, bytes(entry.bytes)]),
      )}`,
    );
  }
  return EXIT.done;
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
