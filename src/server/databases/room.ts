import { Collections } from "../collections/collections.js";
import type { ServerOptions } from "../options.js";
import { Databases, type SearchParts } from "./databases.js";
import { Gate } from "./gate.js";
import { Marks } from "./marks.js";
import type { ReadObject } from "./originals.js";
import { Thumbnails } from "./thumbnails.js";

/** Requests that read through rows at once: the store uses all cores for one already. */
const SCANS = 4;
/** Pictures of queries that are cropped at once, and what waits in memory. */
const [DECODES, MOST_WAITING] = [4, 256];

/** What all routes about databases share. */
export interface SearchRoom extends AsyncDisposable {
  readonly databases: Databases;
  readonly marks: Marks;
  readonly thumbnails: Thumbnails;
  readonly collections: Collections;
  readonly scanning: Gate;
  readonly decoding: Gate;
  readonly folder: string;
  readonly readObject?: ReadObject;
}

/** Opens what is searched. Raises as `Databases.open`. */
export async function openRoom(options: ServerOptions, parts: SearchParts | undefined): Promise<SearchRoom> {
  const databases = await Databases.open(options, parts);
  const folder = parts?.folder ?? "";
  const readObject = parts?.readObject;
  return {
    databases,
    marks: new Marks(parts?.secret),
    thumbnails: new Thumbnails(options, readObject),
    collections: new Collections(`${folder}/collections`),
    scanning: new Gate(SCANS, MOST_WAITING),
    decoding: new Gate(DECODES, MOST_WAITING),
    folder,
    ...(readObject ? { readObject } : {}),
    [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose](),
  };
}
