import { join } from "node:path";
import { ClipError } from "../../errors.js";
import { listCompiled, removeCompiled, verifyCompiled } from "../../models/compiled-cache.js";
import { checkFolderFiles } from "../../models/folder-checks.js";
import { resolveModel, STARTER_NAME } from "../../models/names.js";
import { listPulled, modelName, removePulled, verifyPulled } from "../../models/store.js";
import { bytes } from "../bytes.js";
import { complain, EXIT, print, say } from "../output.js";
import { formNames } from "./forms.js";
import { compiledFolder, type ModelsOptions, settings } from "./settings.js";

/** Hashes the starter, downloads and compiled forms again; all there are where none is named. */
export async function verify(
  signal: AbortSignal,
  names: readonly string[],
  options: ModelsOptions,
): Promise<number> {
  const where = settings(options);
  const compiled = await listCompiled(compiledFolder(where.home));
  const pulled = await listPulled(where.home);
  const wanted = names.length > 0 ? names : [STARTER_NAME, ...pulled.map(({ name }) => name)];
  const checks: { model: string; path: string; ok: boolean }[] = [];
  for (const name of wanted) {
    const model = await resolveModel(name, where);
    if (model.kind === "registry" || model.kind === "hub") {
      for (const { path, ok } of await verifyPulled(model, { home: where.home, signal }))
        checks.push({ model: name, path, ok });
    } else {
      const folder = model.kind === "starter" ? model.folder : model.path;
      for (const { path, ok } of await checkFolderFiles(folder, signal))
        checks.push({ model: name, path, ok });
    }
    const forms = formNames(name, model);
    for (const entry of compiled.filter((candidate) => forms.includes(candidate.name))) {
      const ok = await verifyCompiled(compiledFolder(where.home), entry.key);
      checks.push({ model: name, path: join(compiledFolder(where.home), entry.key), ok });
    }
  }
  if (options.json) print(JSON.stringify({ checks }, null, 2));
  else if (checks.length === 0)
    say(`nothing to verify: ${names.join(", ")} has no checksums and no compiled form`);
  else for (const { path, ok } of checks) print(`${ok ? "ok     " : "DAMAGED"}  ${path}`);
  return checks.every(({ ok }) => ok) ? EXIT.done : EXIT.someFailed;
}

/** Removes downloads and compiled forms. */
export async function remove(
  _signal: AbortSignal,
  names: readonly string[],
  options: ModelsOptions,
): Promise<number> {
  const where = settings(options);
  let failed = 0;
  for (const name of names) {
    const compiled = await listCompiled(compiledFolder(where.home));
    const known = compiled.filter((entry) => formNames(name, undefined).includes(entry.name));
    const model = await resolveModel(name, where).catch((error: unknown) => {
      // A compiled form may outlive the file it was made of.
      if (known.length > 0) return undefined;
      throw error;
    });
    if (model?.kind === "starter" && model.precision !== "int8")
      throw new ClipError("usage.rm", "The starter is part of the package and can't be removed.");
    // A name with a precision means that form alone: what it was made of stays.
    const isWhole = (model?.kind === "registry" || model?.kind === "hub") && model.precision === undefined;
    let freed = isWhole ? await removePulled(model, where.home) : 0;
    const forms = formNames(name, model);
    for (const entry of compiled) {
      if (forms.includes(entry.name) && (await removeCompiled(compiledFolder(where.home), entry.key)))
        freed += entry.bytes;
    }
    const label = isWhole ? modelName(model) : name;
    if (freed === 0) {
      failed += 1;
      complain(
        new ClipError(
          "model.missing",
          `Expected ${name} among the models on this machine but nothing of it is there.`,
        ),
      );
    } else print(options.json ? JSON.stringify({ model: label, freed }) : `${label}  ${bytes(freed)} freed`);
  }
  return failed > 0 ? EXIT.someFailed : EXIT.done;
}
