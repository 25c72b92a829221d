import { resolve, sep } from "node:path";
import { ClipError } from "../../errors.js";
import { nearest } from "../../math/nearest.js";
import type { Store, StoreModel } from "../../search/store/store.js";
import type { ServerOptions } from "../options.js";
import { databaseNameSchema } from "../wire/search.js";
import { Database } from "./database.js";
import type { ReadObject } from "./originals.js";

/** How the databases of a server are opened, and where it keeps what belongs to them. */
export interface SearchParts {
  /** Opens a database by its address. Raises `search.*`. */
  readonly open: (address: string) => Promise<Store>;
  /** Folder of collections, and of the trash of databases on other machines. */
  readonly folder: string;
  /** Signs the addresses of pictures; the same for servers behind one address. Default: this process's own. */
  readonly secret?: Uint8Array;
  /** Default: pictures in object storage are not shown. */
  readonly readObject?: ReadObject;
}

/** Of `name=address` or an address alone, which goes by its last part. */
export interface NamedAddress {
  readonly name: string;
  readonly address: string;
}

/** A setting's list → names and addresses. Raises `usage.setting`. */
export function namedAddresses(list: readonly string[], flag: string): NamedAddress[] {
  const found = list.map((item): NamedAddress => {
    const equals = /^([^/\\:=]*)=(.+)$/s.exec(item);
    const address = equals?.[2] ?? item;
    const last = address.split(/[/\\]/).findLast((part) => part !== "") ?? "";
    const name = equals?.[1] ?? last.replace(/\.(?:db|lancedb)$/i, "");
    if (databaseNameSchema.safeParse(name).success) return { name, address };
    throw new ClipError(
      "usage.setting",
      `Expected ${flag} as name=address, the name of letters, digits, dots, dashes and underscores, but received ${JSON.stringify(item.slice(0, 100))}.`,
    );
  });
  const twice = found.find(({ name }, i) => found.findIndex((one) => one.name === name) !== i);
  if (twice === undefined) return found;
  throw new ClipError(
    "usage.setting",
    `Expected different names for ${flag} but ${twice.name} is there twice: give them as name=address.`,
  );
}

/** The name that opens a store's model again. */
export const modelNameOf = ({ name, precision }: StoreModel): string =>
  precision === "int8" && !name.includes("@") ? `${name}@int8` : name;

/** Paths as rows have them. */
const rowPath = (path: string): string => resolve(path).split(sep).join("/");

const isRemote = (address: string): boolean => /^[a-z][a-z0-9+.-]+:/i.test(address);

/** Where duplicates of a database are moved to: beside it, as the command line does. */
function trashOf({ name, address }: NamedAddress, folder: string): string {
  return isRemote(address) ? `${folder}/trash/${name}` : `${resolve(address).replace(/[/\\]+$/, "")}-trash`;
}

/** The databases of a server, by name. */
export class Databases implements AsyncDisposable {
  readonly #all: ReadonlyMap<string, Database>;

  private constructor(databases: readonly Database[]) {
    this.#all = new Map(databases.map((one) => [one.name, one]));
  }

  /** Opens all of them. Raises `usage.setting` where one is not there, `search.*` where it can't be opened. */
  static async open(options: ServerOptions, parts: SearchParts | undefined): Promise<Databases> {
    const named = namedAddresses(options.databases, "--databases");
    const opened: Database[] = [];
    try {
      for (const one of named) {
        if (parts === undefined)
          throw new ClipError("usage.setting", "Expected no databases: this server can't open any.");
        const store = await parts.open(one.address).catch((error: unknown) => {
          throw error instanceof ClipError && ["search.missing", "search.address"].includes(error.code)
            ? new ClipError("usage.setting", `Expected a database for --databases: ${error.message}`, {
                cause: error,
              })
            : error;
        });
        const { uploads, trash, showPaths, pictureFolders } = options;
        opened.push(
          new Database({
            name: one.name,
            store,
            model: modelNameOf(store.identity.model),
            folders: pictureFolders.map(rowPath),
            showsPaths: showPaths,
            ...(uploads === "" ? {} : { uploads: `${rowPath(uploads)}/${one.name}` }),
            ...(trash ? { trash: trashOf(one, parts.folder) } : {}),
          }),
        );
      }
      return new Databases(opened);
    } catch (error) {
      for (const { store } of opened) await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** In the order of the setting, the default first. */
  list(): Database[] {
    return [...this.#all.values()];
  }

  /** Raises `search.missing` with the nearest name; without a name where there is none at all. */
  get(name?: string): Database {
    const found = name === undefined ? this.list()[0] : this.#all.get(name);
    if (found) return found;
    if (this.#all.size === 0)
      throw new ClipError(
        "search.missing",
        "Expected a database but this server has none: zeroclip serve --databases pictures=FOLDER.",
      );
    const near = nearest(name!, [...this.#all.keys()]);
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    throw new ClipError(
      "search.missing",
      `Expected the name of a database but there is no "${name!.slice(0, 64)}".${hint}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { store } of this.#all.values()) await store[Symbol.asyncDispose]();
  }
}
