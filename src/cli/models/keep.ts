import { ClipError } from "../../errors.js";
import { compiledKeys, findCompiled, removeCompiled, verifyCompiled } from "../../models/compiled-cache.js";
import { checkFolderFiles } from "../../models/folder-checks.js";
import { type Precision, resolveModel, STARTER_NAME, splitPrecision } from "../../models/names.js";
import { listPulled, modelName, removePulled, verifyPulled } from "../../models/store.js";
import { bytes } from "../bytes.js";
import { complain, EXIT, print, say } from "../output.js";
import { formsOf } from "./forms.js";
import { compiledFolder, type ModelsOptions, settings } from "./settings.js";

interface Check {
  readonly model: string;
  readonly path: string;
  readonly ok: boolean;
}

/** Hashes the starter, downloads and compiled forms again; all there are where none is named. */
export async function verify(
  signal: AbortSignal,
  names: readonly string[],
  options: ModelsOptions,
): Promise<number> {
  const where = settings(options);
  const cache = compiledFolder(where.home);
  const pulled = await listPulled(where.home);
  const wanted = names.length > 0 ? names : [STARTER_NAME, ...pulled.map(({ name }) => name)];
  const checks: Check[] = [];
  const missing: ClipError[] = [];
  const advice = new Set<string>();
  const add = (check: Check, mending: string): void => {
    checks.push(check);
    if (!check.ok) advice.add(`${check.model}: ${mending}`);
  };
  const seen = new Set<string>();
  for (const name of wanted) {
    const model = await resolveModel(name, where);
    const { model: whole, precision } = splitPrecision(name);
    if (model.kind === "registry" || model.kind === "hub") {
      for (const { path, ok } of await verifyPulled(model, { home: where.home, signal }))
        add(
          { model: name, path, ok },
          `run "zeroclip models rm ${whole}", then "zeroclip models pull ${whole}"`,
        );
    } else {
      const folder = model.kind === "starter" ? model.folder : model.path;
      for (const { path, ok } of await checkFolderFiles(folder, signal))
        add(
          { model: name, path, ok },
          model.kind === "starter" ? "install zeroclip again" : "get its files again",
        );
    }
    const forms = await formsOf(name, model, { home: where.home, signal });
    for (const { key, folder, precision: form } of forms) {
      seen.add(key);
      add({ model: name, path: folder, ok: await verifyCompiled(cache, key) }, mendingOf(form, whole));
    }
    if (precision === "int8" && forms.length === 0)
      missing.push(
        new ClipError(
          "model.not-quantized",
          `Expected a quantised form of ${whole} on this machine but there is none: run "zeroclip quantize ${whole}".`,
        ),
      );
  }
  for (const key of names.length > 0 ? [] : await compiledKeys(cache)) {
    const entry = seen.has(key) ? undefined : await findCompiled(cache, key);
    if (entry === undefined) continue;
    const { folder, name = key, precision } = entry;
    const whole = splitPrecision(name).model;
    add({ model: name, path: folder, ok: await verifyCompiled(cache, key) }, mendingOf(precision, whole));
  }
  if (options.json) print(JSON.stringify({ checks }, null, 2));
  else if (checks.length === 0 && missing.length === 0)
    say(`nothing to verify: ${names.join(", ")} has no checksums and no compiled form`);
  else for (const { path, ok } of checks) print(`${ok ? "ok     " : "DAMAGED"}  ${path}`);
  for (const line of advice) say(line);
  for (const error of missing) complain(error);
  return missing.length === 0 && checks.every(({ ok }) => ok) ? EXIT.done : EXIT.someFailed;
}

/** What is to be done about a damaged form. */
function mendingOf(precision: Precision | undefined, model: string): string {
  return precision === "int8"
    ? `the damaged form is not opened any more, run "zeroclip quantize ${model}" again`
    : "the damaged form is not opened any more, and made anew when the model is opened next";
}

/** Removes downloads and compiled forms. */
export async function remove(
  signal: AbortSignal,
  names: readonly string[],
  options: ModelsOptions,
): Promise<number> {
  const where = settings(options);
  const at = { home: where.home, signal };
  let failed = 0;
  for (const name of names) {
    const known = await formsOf(name, undefined, at);
    const model = await resolveModel(name, where).catch((error: unknown) => {
      // A compiled form may outlive the file it was made of.
      if (known.length > 0) return undefined;
      throw error;
    });
    if (model?.kind === "starter" && model.precision !== "int8")
      throw new ClipError("usage.rm", "The starter is part of the package and can't be removed.");
    // A name with a precision means that form alone: what it was made of stays.
    const isWhole = (model?.kind === "registry" || model?.kind === "hub") && model.precision === undefined;
    // Before its files are: they say which forms are its own.
    const forms = await formsOf(name, model, at);
    let freed = isWhole ? await removePulled(model, where.home) : 0;
    for (const form of forms)
      if (await removeCompiled(compiledFolder(where.home), form.key)) freed += form.bytes;
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
