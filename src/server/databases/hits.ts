import { dateOf } from "../../search/find/browse.js";
import type { Fact, Row } from "../../search/row.js";
import type { ServerContext } from "../context.js";
import { needsKey } from "../guard.js";
import type { Hit, StoredPicture } from "../wire/search.js";
import type { Database } from "./database.js";
import type { Marks } from "./marks.js";
import type { Places } from "./places.js";

/** What a mark in the address of a picture stands for. */
export function markedPicture(db: string, id: string): string {
  return `picture ${db} ${id}`;
}

/** Rows → hits, with addresses that a browser can open. */
export class HitMaker {
  readonly #db: Database;
  readonly #places: Places;
  readonly #marks: Marks | undefined;

  private constructor(db: Database, places: Places, marks: Marks | undefined) {
    this.#db = db;
    this.#places = places;
    this.#marks = marks;
  }

  static async of(
    db: Database,
    marks: Marks,
    context: Pick<ServerContext, "options" | "keys">,
  ): Promise<HitMaker> {
    return new HitMaker(db, await db.places(), needsKey(context) ? marks : undefined);
  }

  hit(row: Pick<Row, Fact>): Hit {
    const { id, time, width, height, bytes, labels, caption, camera, latitude, longitude } = row;
    const path = this.#places.shown(row.path);
    const base = `/v1/databases/${encodeURIComponent(this.#db.name)}/pictures/${id}`;
    const marked = this.#marks?.queryFor(markedPicture(this.#db.name, id));
    const query = marked === undefined ? "" : `?${marked}`;
    return {
      id,
      path,
      name: path.split("/").at(-1) ?? path,
      width,
      height,
      bytes,
      date: isoDate(dateOf(row)),
      ...(time === null ? {} : { time }),
      labels: [...labels],
      ...(caption === null ? {} : { caption }),
      ...(camera === null ? {} : { camera }),
      ...(latitude === null || longitude === null ? {} : { place: { latitude, longitude } }),
      thumbnail: `${base}/thumbnail${query}`,
      picture: `${base}/file${query}`,
    };
  }

  stored(row: Pick<Row, Fact>): StoredPicture {
    const { hash, taken, modified, indexed, sharpness, blank } = row;
    return {
      ...this.hit(row),
      hash,
      ...(taken === null ? {} : { taken: isoDate(taken) }),
      modified: isoDate(modified),
      indexed: isoDate(indexed),
      sharpness,
      blank,
    };
  }
}

/** Farthest moments that a Date knows. */
const MOST_DATE = 8.64e15;

export function isoDate(ms: number): string {
  return new Date(Math.min(MOST_DATE, Math.max(-MOST_DATE, ms))).toISOString();
}
