import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { ClipError } from "../../errors.js";
import type { Copy } from "../../search/assets/duplicates.js";
import type { Refused } from "../../search/assets/trash.js";
import { rowId } from "../../search/row.js";
import type { ServerContext } from "../context.js";
import type { Database } from "../databases/database.js";
import { DuplicateFinder, moveToTrash, putBack } from "../databases/duplicates.js";
import { HitMaker } from "../databases/hits.js";
import { Maps } from "../databases/maps.js";
import {
  type DuplicateGroupEntry,
  type DuplicatesResponse,
  type RestoredResponse,
  type TrashedResponse,
  trashBodySchema,
  undoBodySchema,
} from "../wire/assets.js";
import { LIMITS } from "../wire/limits.js";
import { parse } from "../wire/parse.js";
import { databaseNameSchema } from "../wire/search.js";

const paramsSchema = z.object({ db: databaseNameSchema });
const querySchema = z.strictObject({
  threshold: z.coerce.number().min(0).max(1).optional(),
  top: z.coerce.number().int().min(1).max(LIMITS.groups).default(50),
  cursor: z.string().min(1).max(100).optional(),
});
/** The best picture of the last group that was given, and its position: groups come and go in between. */
const cursorSchema = z.tuple([z.string().regex(/^[0-9a-f]{32}$/), z.int().min(0)]);

function readCursor(text: string): z.output<typeof cursorSchema> {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
  } catch {
    throw new ClipError("search.cursor", "Expected the cursor of a page before but received another text.");
  }
}

/** Duplicates with their trash, and maps. */
export function assetRoutes(app: FastifyInstance, context: ServerContext): void {
  const { search: room, pool, closing } = context;
  const finder = new DuplicateFinder(closing);
  const maps = new Maps(pool, closing);
  const write = { config: { scope: "write" } } as const;
  const served = (request: FastifyRequest): Database =>
    room.databases.get(parse(paramsSchema, request.params, "the address of a database").db);
  const left = (db: Database, refused: readonly Refused[]) =>
    refused.length === 0
      ? {}
      : {
          left: refused.map(({ path, error: { code, message } }) => ({
            id: rowId(path, null),
            code,
            message: db.cleaned(message),
          })),
        };

  app.get("/v1/databases/:db/duplicates", { config: { work: true } }, async (request) => {
    const db = served(request);
    const { threshold, top, cursor } = parse(querySchema, request.query, "the address");
    const place = cursor === undefined ? undefined : readCursor(cursor);
    return db.told(async (): Promise<DuplicatesResponse> => {
      const groups = await finder.groups(db, threshold);
      const known = place ? groups.findIndex(({ best }) => best.id === place[0]) : -1;
      const from = place ? (known >= 0 ? known + 1 : Math.min(place[1], groups.length)) : 0;
      const page = groups.slice(from, from + top);
      const end = from + page.length;
      const hits = await HitMaker.of(db, room.marks, context);
      const copies = page.map(({ best, others }): Copy[] => [best, ...others]);
      const rows = await db.store.get(copies.flat().map(({ id }) => id));
      const byId = new Map(rows.flatMap((row) => (row ? [[row.id, row] as const] : [])));
      const shown = page.map(({ kind, best }, i): DuplicateGroupEntry => {
        const pictures = copies[i]!.flatMap(({ id, sharpness }) => {
          const row = byId.get(id);
          return row ? [{ ...hits.hit(row), sharpness, best: id === best.id }] : [];
        });
        return { id: best.id, kind: kind === "exact" ? "same" : "near", best: best.id, pictures };
      });
      const next = [page.at(-1)?.best.id, end];
      return {
        groups: shown,
        total: groups.length,
        extra: groups.reduce((sum, { others }) => sum + others.length, 0),
        ...(end < groups.length ? { cursor: Buffer.from(JSON.stringify(next)).toString("base64url") } : {}),
      };
    });
  });

  app.post("/v1/databases/:db/duplicates/trash", write, async (request): Promise<TrashedResponse> => {
    const db = served(request);
    const { pictures, threshold } = parse(trashBodySchema, request.body);
    const { batch, moved, refused } = await db.told(() => moveToTrash(db, finder, pictures, threshold));
    return { moved: moved.length, ...(batch === undefined ? {} : { undo: batch }), ...left(db, refused) };
  });

  app.post("/v1/databases/:db/trash/undo", write, async (request): Promise<RestoredResponse> => {
    const db = served(request);
    const { undo } = parse(undoBodySchema, request.body);
    const { restored, refused } = await db.told(() => putBack(db, undo));
    return { restored: restored.length, ...left(db, refused) };
  });

  app.get("/v1/databases/:db/map", { config: { work: true } }, async (request, reply) => {
    const db = served(request);
    const found = await db.told(() => maps.of(db));
    if (typeof found !== "number") return found;
    return reply.code(202).header("retry-after", "1").send({ state: "running", done: found });
  });
}
