import { join } from "node:path";
import type { Command } from "commander";
import { STARTER_FOLDER } from "../../clip.js";
import { type Environment, readEnvironment } from "../../environment.js";
import { ClipError } from "../../errors.js";
import { listCompiled, removeCompiled, verifyCompiled } from "../../models/compiled-cache.js";
import { resolveModel } from "../../models/names.js";
import { openModel } from "../../models/open.js";
import { REGISTRY } from "../../models/registry.js";
import { listPulled, locateModel, pullModel, removePulled, verifyPulled } from "../../models/store.js";
import { action, showsProgress, withHome } from "../options.js";
import { complain, EXIT, print, say } from "../output.js";
import { loadProgress } from "../progress.js";
import { bytes, table } from "../table.js";

interface Options {
  readonly home?: string;
  readonly offline?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly json?: boolean;
}

/** Environment and options together; options win. */
function settings(options: Options): Environment & { starterFolder: string } {
  const environment = readEnvironment();
  return {
    ...environment,
    home: options.home ?? environment.home,
    offline: options.offline ?? environment.offline,
    starterFolder: STARTER_FOLDER,
  };
}

const compiledFolder = (home: string): string => join(home, "compiled");

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}

interface Listed {
  readonly name: string;
  readonly parameters: number;
  readonly imageSize: number;
  readonly dim: number;
  readonly bytes: number;
  readonly state: "in the package" | "downloaded" | "not downloaded";
  readonly compiledBytes: number;
}

async function list(_signal: AbortSignal, options: Options): Promise<number> {
  const { home } = settings(options);
  const compiled = await listCompiled(compiledFolder(home));
  const compiledBytes = (name: string): number =>
    compiled.filter((entry) => entry.name === name).reduce((sum, entry) => sum + entry.bytes, 0);
  const starter = await openModel(STARTER_FOLDER, { cacheFolder: compiledFolder(home) });
  const pulled = await listPulled(home);
  const rows: Listed[] = [
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
        bytes: here?.bytes ?? entry.megabytes * 1e6,
        state: here ? "downloaded" : "not downloaded",
        compiledBytes: compiledBytes(entry.name),
      };
    }),
  ];
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
        row.state,
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
  const { readdir, stat } = await import("node:fs/promises");
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function pull(signal: AbortSignal, names: readonly string[], options: Options): Promise<number> {
  const where = settings(options);
  let failed = 0;
  for (const name of names) {
    const bar = loadProgress(showsProgress(options));
    try {
      const model = await resolveModel(name, where);
      if (model.kind === "path" || model.kind === "starter") {
        throw new ClipError(
          "usage.pull",
          `Expected a name or Hugging Face id but ${name} is on this machine already.`,
        );
      }
      const stored = await pullModel(model, {
        ...where,
        signal,
        onProgress: ({ file, received, total }) =>
          bar.report({ stage: "download", file, done: received, ...(total === undefined ? {} : { total }) }),
      });
      bar.stop();
      print(options.json ? JSON.stringify(stored) : `${stored.name}  ${bytes(stored.bytes)}  ${stored.path}`);
    } catch (error) {
      bar.stop();
      if (!(error instanceof ClipError) || error.code === "aborted") throw error;
      failed += 1;
      complain(error);
    }
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

async function info(signal: AbortSignal, name: string, options: Options): Promise<number> {
  const where = settings(options);
  const bar = loadProgress(showsProgress(options));
  try {
    const located = await locateModel(name, { ...where, signal, pull: false });
    const { folder, manifest } = await openModel(located.path, {
      cacheFolder: compiledFolder(where.home),
      name: located.name,
      signal,
      onProgress: (stage, done, total) => bar.report({ stage, done, total }),
    });
    bar.stop();
    const facts = { ...manifest, source: located.path, folder };
    print(options.json ? JSON.stringify(facts, null, 2) : describe(facts));
    return EXIT.done;
  } finally {
    bar.stop();
  }
}

type Facts = Awaited<ReturnType<typeof openModel>>["manifest"] & {
  readonly source: string;
  readonly folder: string;
};

function describe(facts: Facts): string {
  const { image, text, parameters } = facts;
  const { size, resizeTo, filter, style } = image.preprocessing;
  const tokenizer =
    text.tokenizer.kind === "clip-bpe"
      ? `OpenAI's, ${text.tokenizer.contextLength} tokens`
      : `${text.tokenizer.file}, ${text.tokenizer.maxLength} tokens`;
  const total = parameters.image + parameters.text;
  const rows: [string, string][] = [
    ["model", facts.name],
    ["revision", facts.revision],
    ["source", facts.source],
    ["compiled in", facts.folder],
    ["precision", facts.precision],
    [
      "parameters",
      `${total.toLocaleString("en")} (image ${parameters.image.toLocaleString("en")}, text ${parameters.text.toLocaleString("en")})`,
    ],
    ["vector", `${facts.dim} numbers`],
    ["logit scale", String(Number(facts.logitScale.toFixed(4)))],
    [
      "picture",
      `${size} × ${size}, ${resizeTo === "squash" ? "squashed" : `shorter side to ${resizeTo}`}, ${filter}, rules of ${style}`,
    ],
    ["tokenizer", tokenizer],
    ["templates", facts.templates.join("  ")],
    ...(facts.knownScripts
      ? [["knows", `texts in ${facts.knownScripts.join(", ")}`] as [string, string]]
      : []),
  ];
  return rows.map(([key, value]) => `${key.padEnd(12)} ${value}`).join("\n");
}

async function verify(signal: AbortSignal, names: readonly string[], options: Options): Promise<number> {
  const where = settings(options);
  const compiled = await listCompiled(compiledFolder(where.home));
  const wanted = names.length > 0 ? names : (await listPulled(where.home)).map(({ name }) => name);
  const checks: { model: string; path: string; ok: boolean }[] = [];
  for (const name of wanted) {
    const model = await resolveModel(name, where);
    if (model.kind === "registry" || model.kind === "hub") {
      for (const { path, ok } of await verifyPulled(model, { home: where.home, signal }))
        checks.push({ model: name, path, ok });
    }
    const canonical = model.kind === "registry" ? model.entry.name : name;
    for (const entry of compiled.filter((candidate) => candidate.name === canonical)) {
      const ok = await verifyCompiled(compiledFolder(where.home), entry.key);
      checks.push({ model: name, path: join(compiledFolder(where.home), entry.key), ok });
    }
  }
  if (options.json) print(JSON.stringify({ checks }, null, 2));
  else if (checks.length === 0) say("nothing is downloaded or compiled");
  else for (const { path, ok } of checks) print(`${ok ? "ok     " : "DAMAGED"}  ${path}`);
  return checks.every(({ ok }) => ok) ? EXIT.done : EXIT.someFailed;
}

async function remove(_signal: AbortSignal, names: readonly string[], options: Options): Promise<number> {
  const where = settings(options);
  let failed = 0;
  for (const name of names) {
    const known = (await listCompiled(compiledFolder(where.home))).filter((entry) => entry.name === name);
    const model = await resolveModel(name, where).catch((error: unknown) => {
      // A compiled form may outlive the file it was made of.
      if (known.length > 0) return undefined;
      throw error;
    });
    if (model?.kind === "starter")
      throw new ClipError("usage.rm", "The starter is part of the package and can't be removed.");
    let freed =
      model?.kind === "registry" || model?.kind === "hub" ? await removePulled(model, where.home) : 0;
    const canonical = model?.kind === "registry" ? model.entry.name : name;
    for (const entry of await listCompiled(compiledFolder(where.home))) {
      if (entry.name === canonical && (await removeCompiled(compiledFolder(where.home), entry.key)))
        freed += entry.bytes;
    }
    if (freed === 0) {
      failed += 1;
      complain(
        new ClipError(
          "model.missing",
          `Expected ${name} among the models on this machine but nothing of it is there.`,
        ),
      );
    } else
      print(
        options.json ? JSON.stringify({ model: canonical, freed }) : `${canonical}  ${bytes(freed)} freed`,
      );
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}

export function modelsCommand(command: Command): Command {
  command.description("list, download, inspect and remove models").addHelpText(
    "after",
    `
Examples:
  zeroclip models list
  zeroclip models pull ViT-B/32
  zeroclip models info ViT-B-32.pt
  zeroclip models rm openai/clip-vit-base-patch32`,
  );
  const sub = (use: string, description: string): Command =>
    withHome(command.command(use)).description(description).option("--json", "print JSON");
  sub("list", "the models there are, what is downloaded and compiled").action(action(list));
  sub("pull <models...>", "download: resumed, verified").action(action(pull));
  sub("info <model>", "parameters, sizes, preprocessing, tokenizer, revision").action(action(info));
  sub("verify [models...]", "hash files again; all where none is named").action(action(verify));
  sub("rm <models...>", "remove downloads and compiled forms").action(action(remove));
  return command;
}
