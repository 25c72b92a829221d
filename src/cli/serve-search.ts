import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SearchParts } from "../server/databases/databases.js";
import type { ServerOptionsGiven } from "../server/options.js";
import { type DbOptions, objectOptions, openAddress } from "./db.js";

/** Settings with the database of the home where no others are named and there is one. */
export function withHomeDatabase(settings: ServerOptionsGiven, home: string): ServerOptionsGiven {
  const own = join(home, "db");
  if (settings.databases !== undefined || !existsSync(join(own, "zeroclip-store.json"))) return settings;
  return { ...settings, databases: [`pictures=${own}`] };
}

/** How a server opens databases, and where it keeps what belongs to them. */
export async function searchParts(home: string, options: Pick<DbOptions, "home">): Promise<SearchParts> {
  const folder = join(home, "server");
  const { signingSecret } = await import("../server/keys/secret.js");
  const { Sources } = await import("../search/ingest/sources.js");
  // One for all pictures: its connections are used again, and hold no process.
  const sources = new Sources({ s3: objectOptions(options) });
  return {
    folder,
    secret: await signingSecret(folder),
    open: (address) => openAddress(address, options, {}),
    readObject: (address, most) => sources.read(address, most),
  };
}
