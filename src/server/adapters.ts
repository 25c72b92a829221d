import { basename } from "node:path";
import { ClipError } from "../errors.js";
import type { Adapter } from "../fewshot/adapter.js";
import { readAdapter } from "../fewshot/adapter-file.js";
import type { ModelEntry } from "./wire/models.js";

/** What a model was taught, and the file's name. */
export interface ServedAdapter {
  readonly name: string;
  readonly adapter: Adapter;
}

/** A name without its form: `ViT-B/32@int8` is `ViT-B/32`; which form an adapter is for is its revision's to say. */
const nameAlone = (model: string): string => model.replace(/@[^@/]*$/, "");

/** The adapter of a served model, if it has one. */
export function adapterFor(model: string, adapters: readonly ServedAdapter[]): ServedAdapter | undefined {
  return adapters.find(({ adapter }) => adapter.model.name === nameAlone(model));
}

/** Reads the adapters of the settings. Raises `fewshot.adapter`, and `usage.setting` for two of a model or one of none that is served. */
export function readAdapters(files: readonly string[], models: readonly string[]): ServedAdapter[] {
  const found = files.map((path) => ({ name: basename(path), adapter: readAdapter(path) }));
  for (const [i, { name, adapter }] of found.entries()) {
    const own = adapter.model.name;
    if (!models.some((model) => nameAlone(model) === own))
      throw new ClipError(
        "usage.setting",
        `Expected an adapter of a served model (${models.join(", ")}) but ${name} was fitted on ${own}.`,
      );
    if (found.findIndex((other) => other.adapter.model.name === own) < i)
      throw new ClipError(
        "usage.setting",
        `Expected one adapter a model but received another of ${own}, ${name}.`,
      );
  }
  return found;
}

/** What is told of it. */
export function adapterEntry({ name, adapter }: ServedAdapter): NonNullable<ModelEntry["adapter"]> {
  const { method, labels, features } = adapter;
  return { name, method, labels: labels.length, pictures: features.length };
}
