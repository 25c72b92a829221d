import { join } from "node:path";
import { type Command, Option } from "commander";
import type { ObjectOptions } from "../search/objects/objects.js";
import type { OpenStoreOptions, Store } from "../search/store/store.js";
import { settings } from "./models/settings.js";

/** Options of every command with a database. */
export interface DbOptions {
  readonly db?: string;
  readonly home?: string;
}

export function withDb(command: Command): Command {
  return command.option(
    "--db <address>",
    "the database: a folder, or milvus://host:port/collection (default: db in ZEROCLIP_HOME)",
  );
}

/** How a new database keeps its vectors. */
export function encodingOption(): Option {
  return new Option("--encoding <how>", "numbers of the vectors in a new database (default: f16)").choices([
    "f32",
    "f16",
    "int8",
  ]);
}

/** The database that is asked for, or the one under the home. */
export function dbAddress(options: DbOptions): string {
  return options.db ?? join(settings(options).home, "db");
}

/** Opens it; its client is loaded here. Raises `search.*`. */
export async function openDb(options: DbOptions, how: OpenStoreOptions = {}): Promise<Store> {
  return openAddress(dbAddress(options), options, how);
}

/** Opens a database by its address. Raises `search.*`. */
export async function openAddress(
  address: string,
  options: DbOptions,
  how: OpenStoreOptions,
): Promise<Store> {
  const { openStore } = await import("../search/store/open.js");
  const token = settings(options).milvusToken;
  return openStore(address, { ...how, ...(token ? { token } : {}) });
}

/** How object storage is reached, as the environment says. */
export function objectOptions(options: DbOptions): ObjectOptions {
  const { s3Endpoint: endpoint, s3Region } = settings(options);
  // Servers of one's own want any region.
  const region = s3Region ?? (endpoint === undefined ? undefined : "us-east-1");
  return { ...(endpoint ? { endpoint } : {}), ...(region ? { region } : {}) };
}
