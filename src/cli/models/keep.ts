import { join } from "node:path";
import { ClipError } from "../../errors.js";
import { listCompiled, removeCompiled, verifyCompiled } from "../../models/compiled-cache.js";
import { resolveModel } from "../../models/names.js";
import { listPulled, removePulled, verifyPulled } from "../../models/store.js";
import { complain, EXIT, print, say } from "../output.js";
import { bytes } from "../table.js";
import { compiledFolder, type ModelsOptions, settings } from "./settings.js";

/** Hashes downloads and compiled forms again. */
export async function verify(
  signal: AbortSignal,
  names: readonly string[],
  options: ModelsOptions,
): Promise<number> {
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

/** Removes downloads and compiled forms. */
export async function remove(
  _signal: AbortSignal,
  names: readonly string[],
  options: ModelsOptions,
): Promise<number> {
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
