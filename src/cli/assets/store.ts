import type { Command } from "commander";
import type { Clip } from "../../clip.js";
import { ClipError } from "../../errors.js";
import type { Filter } from "../../search/store/filter.js";
import type { Store, StoreModel } from "../../search/store/store.js";
import { type DbOptions, dbAddress, openDb, withDb } from "../db.js";
import { type ModelOptions, openModelOf, showsProgress } from "../options.js";
import type { ToldWarning } from "../output.js";
import { progress } from "../progress.js";

/** Options of every command that reads a database. */
export interface StoreOptions extends DbOptions {
  readonly folder?: string;
  readonly glob?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

export function withStore(command: Command): Command {
  return withDb(command)
    .option("--folder <folder>", "only pictures in this folder and below")
    .option("--glob <pattern>", "only pictures whose whole path is so; * stands for anything")
    .option("--json", "print JSON");
}

/** Which rows a command's options are of; undefined: all. */
export async function filterOf({ folder, glob }: StoreOptions): Promise<Filter | undefined> {
  if (folder === undefined && glob === undefined) return undefined;
  const { resolve } = await import("node:path");
  return {
    ...(folder === undefined ? {} : { folder: resolve(folder).replaceAll("\\", "/") }),
    ...(glob === undefined ? {} : { glob }),
  };
}

function modelOf({ model: { name, revision, precision, dim } }: Clip): StoreModel {
  return { name, revision, precision, dim };
}

/** A model of a store as `--model` names it. */
const nameOf = ({ name, precision }: StoreModel): string =>
  precision === "int8" && !name.includes("@") ? `${name}@int8` : name;

/** A store and its model: the one that made it, unless another is named. Raises `search.model` where the model is another one. */
export async function openDbAndModel(
  options: StoreOptions & ModelOptions,
  command: Command,
  signal: AbortSignal,
  warnings: ToldWarning[],
): Promise<{ store: Store; clip: Clip } & AsyncDisposable> {
  const store = await openDb(options);
  try {
    const isNamed = command.getOptionValueSource("model") !== "default";
    const model = isNamed ? options.model : nameOf(store.identity.model);
    const clip = await openModelOf(model, options, signal, warnings);
    try {
      const { checkModel } = await import("../../search/store/identity.js");
      checkModel(store.identity.model, modelOf(clip), dbAddress(options));
    } catch (error) {
      await clip[Symbol.asyncDispose]();
      throw error;
    }
    return {
      store,
      clip,
      async [Symbol.asyncDispose]() {
        await clip[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** A bar of rows, and what puts its progress there. */
export function rowsBar(what: string, options: StoreOptions) {
  const bar = progress(what, "pictures", showsProgress(options));
  return {
    bar,
    onProgress: ({ done, total }: { readonly done: number; readonly total?: number }) =>
      bar.update(done, total, ""),
  };
}

/** Where files that are moved away lie: beside the database, unless another folder is named. */
export function trashOf(db: string, folder: string | undefined): string {
  if (folder !== undefined) return folder;
  if (!/^[a-z][a-z0-9+.-]+:/i.test(db)) return `${db.replace(/[/\\]+$/, "")}-trash`;
  throw new ClipError("usage.trash", `Expected --trash-folder for the database ${db} but received none.`);
}
