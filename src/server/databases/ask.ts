import { ClipError } from "../../errors.js";
import { cropped } from "../../image/crop.js";
import { guardedFetch } from "../../image/guarded-fetch.js";
import { type ImageOptions, imageOptions } from "../../image/options.js";
import type { ImageInput } from "../../image/sources.js";
import { filterOf } from "../../search/find/filters.js";
import type { SearchOptions } from "../../search/find/options.js";
import { parseQuery } from "../../search/find/parse.js";
import { type Crop, checkParts, type QueryPart } from "../../search/find/query.js";
import { rowId } from "../../search/row.js";
import type { Filter } from "../../search/store/filter.js";
import type { ServerOptions } from "../options.js";
import { fromAddress, fromJson } from "../pictures/pictures.js";
import type { SearchAsked, SearchFilter } from "../wire/search.js";
import type { Database } from "./database.js";
import { originalBytes, type ReadObject } from "./originals.js";

/** What turning a request into a query needs of the server. */
export interface AskContext {
  readonly options: ServerOptions;
  readonly readObject?: ReadObject;
  /** Ids of a collection's pictures. Raises `server.not-found`. */
  readonly collected: (name: string) => Promise<readonly string[]>;
}

const ID = /^[0-9a-f]{32}$/;

function sound(input: ImageInput | ClipError): ImageInput {
  if (input instanceof ClipError) throw input;
  return input;
}

export function pictureOptions({ maxPictureBytes, maxPixels }: ServerOptions): ImageOptions {
  return imageOptions({ maxBytes: maxPictureBytes, maxPixels });
}

/** A row that a query names: its id, or its path as hits tell it. */
async function likeOf(db: Database, like: string): Promise<string> {
  if (ID.test(like)) return like;
  const ids = (await db.places()).absolute(like).map((path) => rowId(path, null));
  const rows = await db.store.get(ids, ["hash"]);
  return rows.find((row) => row !== undefined)?.id ?? like;
}

/** The typed query's parts: what it names as pictures are addresses, never files of this machine. */
async function typedParts(db: Database, query: string, fetches: boolean): Promise<QueryPart[]> {
  return Promise.all(
    parseQuery(query, { others: true }).map(async (part): Promise<QueryPart> => {
      if ("like" in part) return { ...part, like: await likeOf(db, part.like) };
      if (!("picture" in part)) return part;
      return { ...part, picture: sound(fromAddress(String(part.picture), fetches)) };
    }),
  );
}

/** The part of a picture; one that is an address is fetched first. */
async function croppedOf(input: ImageInput, crop: Crop, { options }: AskContext): Promise<ImageInput> {
  const { maxPictureBytes, fetchAllowHosts } = options;
  const whole =
    input instanceof URL
      ? await guardedFetch(input.href, maxPictureBytes, { allowHosts: fetchAllowHosts })
      : input;
  return cropped(whole, crop, pictureOptions(options));
}

/** A request → the parts of its query; none where all pictures are asked for. Raises `search.*`, `input.*`, `image.*`, `usage.request`. */
export async function partsOf(asked: SearchAsked, db: Database, context: AskContext): Promise<QueryPart[]> {
  const { text, query, image, like, crop: given } = asked;
  if (given && image === undefined && like === undefined)
    throw new ClipError("usage.request", "Expected image or like with crop.");
  const [x, y, width, height] = given ?? [0, 0, 1, 1];
  const crop: Crop | undefined = given && { x, y, width, height };
  const { options } = context;
  const parts: QueryPart[] = [
    ...(text === undefined ? [] : [{ text, weight: 1 }]),
    ...(query === undefined ? [] : await typedParts(db, query, options.fetchUrls)),
  ];
  // Looked at before anything is decoded.
  if (crop) checkParts([...parts, { picture: "", weight: 1, crop }]);
  if (image !== undefined) {
    const [named] = fromJson([image], options.fetchUrls);
    const whole = sound(named!.input);
    parts.push({ picture: crop ? await croppedOf(whole, crop, context) : whole, weight: 1 });
  }
  if (like !== undefined && crop) {
    const [row] = await db.store.get([like]);
    if (!row || row.time !== null)
      throw new ClipError("search.like", "Expected the id of a picture of the database with crop.");
    const whole = await originalBytes(db, row, options.maxPictureBytes, context.readObject);
    parts.push({ picture: await croppedOf(whole, crop, context), weight: 1 });
  } else if (like !== undefined) parts.push({ like, weight: 1 });
  if (parts.length > 0) checkParts(parts);
  return parts;
}

/** A request's filter → the store's; undefined: all rows. Raises `search.filter`, `server.not-found`. */
export async function storeFilter(
  asked: SearchFilter | undefined,
  db: Database,
  { collected }: AskContext,
): Promise<Filter | undefined> {
  if (asked === undefined) return undefined;
  const { folder, labels, notLabels, since, until, minSize, camera, frame, collection, ids } = asked;
  const words = filterOf({
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(labels === undefined ? {} : { labels }),
    ...(camera === undefined ? {} : { camera }),
    ...(minSize === undefined ? {} : { minSize: String(minSize) }),
  });
  const and: Filter[] = [
    ...(words ? [words] : []),
    ...(folder === undefined ? [] : [(await db.places()).folderFilter(folder)]),
    ...(notLabels === undefined || notLabels.length === 0 ? [] : [{ labels: { none: notLabels } }]),
    ...(frame === undefined ? [] : [{ frame }]),
    ...(collection === undefined ? [] : [{ ids: await collected(collection) }]),
    ...(ids === undefined ? [] : [{ ids }]),
  ];
  return and.length === 0 ? undefined : { and };
}

/** A request → how it is searched. Raises as `storeFilter`, and `usage.request`. */
export function searchOptions(
  { all, minRelevance, diverse, top, cursor }: SearchAsked,
  filter: Filter | undefined,
  options: ServerOptions,
  signal: AbortSignal,
): SearchOptions {
  if (all && minRelevance !== undefined)
    throw new ClipError("usage.request", "Expected either all or minRelevance in the request.");
  return {
    k: top,
    signal,
    image: pictureOptions(options),
    ...(filter ? { filter } : {}),
    ...(cursor === undefined ? {} : { cursor }),
    ...(all ? { minRelevance: 0 } : minRelevance === undefined ? {} : { minRelevance }),
    ...(diverse === undefined ? {} : { diverse }),
  };
}
