import { resolve } from "node:path";
import { ClipError } from "../../errors.js";
import { nearest } from "../../math/nearest.js";
import { Catalogue } from "../../search/retail/catalogue.js";
import { modelNameOf, type NamedAddress, namedAddresses } from "../databases/databases.js";
import { Turns } from "../queue/turns.js";

/** A catalogue that is served. */
export interface Shelf {
  readonly name: string;
  readonly folder: string;
  readonly catalogue: Catalogue;
  /** The name that opens its model. */
  readonly model: string;
  /** Changes and refreshes one after the other. */
  readonly turns: Turns;
}

async function opened({ name, address }: NamedAddress): Promise<Shelf> {
  const folder = resolve(address);
  try {
    const catalogue = await Catalogue.open(folder);
    return { name, folder, catalogue, model: modelNameOf(catalogue.model), turns: new Turns() };
  } catch (error) {
    if (!(error instanceof ClipError) || error.code !== "search.missing") throw error;
    throw new ClipError("usage.setting", `Expected a catalogue for --catalogues: ${error.message}`, {
      cause: error,
    });
  }
}

/** The catalogues of a server, by name. */
export class Shelves {
  readonly #all: ReadonlyMap<string, Shelf>;

  private constructor(shelves: readonly Shelf[]) {
    this.#all = new Map(shelves.map((one) => [one.name, one]));
  }

  /** Raises `usage.setting` where one is not there, `search.catalogue` where it is damaged. */
  static async open(list: readonly string[]): Promise<Shelves> {
    const found: Shelf[] = [];
    for (const one of namedAddresses(list, "--catalogues")) found.push(await opened(one));
    return new Shelves(found);
  }

  /** In the order of the setting, the default first. */
  list(): Shelf[] {
    return [...this.#all.values()];
  }

  /** With what other processes have changed. Raises `search.missing` with the nearest name. */
  async get(name?: string): Promise<Shelf> {
    const found = name === undefined ? this.list()[0] : this.#all.get(name);
    if (found) {
      await found.turns.run(() => found.catalogue.refresh());
      return found;
    }
    if (this.#all.size === 0)
      throw new ClipError(
        "search.missing",
        "Expected a catalogue but this server has none: zeroclip serve --catalogues shop=FOLDER.",
      );
    const near = nearest(name!, [...this.#all.keys()]);
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    throw new ClipError(
      "search.missing",
      `Expected the name of a catalogue but there is no "${name!.slice(0, 64)}".${hint}`,
    );
  }
}
