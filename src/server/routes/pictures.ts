import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ClipError } from "../../errors.js";
import { imageFormat } from "../../image/format.js";
import type { Fact, Row } from "../../search/row.js";
import type { ServerContext } from "../context.js";
import type { Database } from "../databases/database.js";
import { HitMaker, markedPicture } from "../databases/hits.js";
import { signedSchema } from "../databases/marks.js";
import { type Original, openOriginal } from "../databases/originals.js";
import { requireKey } from "../guard.js";
import { parse } from "../wire/parse.js";
import { databaseNameSchema, rowIdSchema, type StoredPicture } from "../wire/search.js";
import { rangeOf } from "./range.js";

const paramsSchema = z.object({ db: databaseNameSchema, id: rowIdSchema });
const thumbnailSchema = signedSchema.extend({
  side: z.coerce.number().int().min(16).max(1024).optional(),
});

/** A picture is shown and runs nothing, whatever is in it. */
const POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'";

/** Kept by the browser that asked, not by what is between. */
const KEPT = "private, max-age=3600";

/** What videos are sent as, by their ending; others are for programs. */
const VIDEO_TYPES: Readonly<Record<string, string>> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
  mkv: "video/x-matroska",
  ogv: "video/ogg",
};

async function typeOf(original: Original, { path, time }: Pick<Row, Fact>): Promise<string> {
  const ending = /\.([^.]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  if (time !== null)
    return Object.hasOwn(VIDEO_TYPES, ending) ? VIDEO_TYPES[ending]! : "application/octet-stream";
  if ("bytes" in original) return `image/${imageFormat(original.bytes, false)}`;
  const head = Buffer.alloc(64);
  const { bytesRead } = await original.file.read(head, 0, head.length, 0);
  return `image/${imageFormat(head.subarray(0, bytesRead), false)}`;
}

/** Pictures of databases one by one: what is known of them, small, and as they are. */
export function pictureRoutes(app: FastifyInstance, context: ServerContext): void {
  const { search: room } = context;
  const named = (request: FastifyRequest): { db: Database; id: string } => {
    const { db, id } = parse(paramsSchema, request.params, "the address of a picture");
    return { db: room.databases.get(db), id };
  };
  const there = <T>(row: T | undefined): T => {
    if (row) return row;
    throw new ClipError("server.not-found", "Expected the id of a picture but the database has none such.");
  };
  const rowOf = async (db: Database, id: string): Promise<Pick<Row, Fact>> =>
    there((await db.told(() => db.store.get([id])))[0]);
  /** A browser that shows a picture can't send a key: its address is signed instead. */
  const admit = (request: FastifyRequest, db: string, id: string): void => {
    const { until, mark } = parse(signedSchema, request.query, "the address of a picture");
    if (until === undefined || mark === undefined) requireKey(request, context, "read");
    else room.marks.check(markedPicture(db, id), until, mark);
  };
  const isKnown = (request: FastifyRequest, reply: FastifyReply, etag: string): boolean => {
    reply.headers({
      etag,
      "cache-control": KEPT,
      "content-security-policy": POLICY,
      // Pages of origins that --cors allows show pictures, too.
      "cross-origin-resource-policy": context.options.cors.length > 0 ? "cross-origin" : "same-origin",
    });
    return request.headers["if-none-match"] === etag;
  };

  app.get("/v1/databases/:db/pictures/:id", async (request): Promise<StoredPicture> => {
    const { db, id } = named(request);
    const row = await rowOf(db, id);
    return (await HitMaker.of(db, room.marks, context)).stored(row);
  });

  app.get("/v1/databases/:db/pictures/:id/thumbnail", { config: { open: true } }, async (request, reply) => {
    const { db, id } = parse(paramsSchema, request.params, "the address of a picture");
    admit(request, db, id);
    const served = room.databases.get(db);
    const { side } = parse(thumbnailSchema, request.query, "the address of a picture");
    const row = there(await served.told(() => served.shown.get(id)));
    const etag = `"${row.hash.slice(0, 16)}-${row.time ?? ""}-${side ?? ""}"`;
    if (isKnown(request, reply, etag)) return reply.code(304).send();
    const { bytes, type } = await served.told(() => room.thumbnails.of(served, row, side, request.gone));
    return reply.type(type).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });

  app.get("/v1/databases/:db/pictures/:id/file", { config: { open: true } }, async (request, reply) => {
    const { db, id } = parse(paramsSchema, request.params, "the address of a picture");
    admit(request, db, id);
    const served = room.databases.get(db);
    const row = await rowOf(served, id);
    if (isKnown(request, reply, `"${row.hash.slice(0, 32)}"`)) return reply.code(304).send();
    const original = await served.told(() => openOriginal(served, row, room.readObject));
    return send(reply, request, original, row);
  });
}

/** Sends a file, or the part of it that is asked for, as players of videos do. */
async function send(
  reply: FastifyReply,
  request: FastifyRequest,
  original: Original,
  row: Pick<Row, Fact>,
): Promise<FastifyReply> {
  try {
    const name = encodeURIComponent(row.path.split("/").at(-1) ?? "picture").replaceAll("'", "%27");
    reply.headers({
      "content-disposition": `inline; filename*=UTF-8''${name}`,
      "accept-ranges": "bytes",
    });
    reply.type(await typeOf(original, row));
    const { size } = original;
    const range = rangeOf(request.headers.range, size);
    if (range) reply.code(206).header("content-range", `bytes ${range.first}-${range.last}/${size}`);
    const { first, last } = range ?? { first: 0, last: size - 1 };
    if ("bytes" in original) {
      const { buffer, byteOffset } = original.bytes;
      return reply.send(Buffer.from(buffer, byteOffset + first, last - first + 1));
    }
    reply.header("content-length", last - first + 1);
    if (request.method === "HEAD") {
      await original[Symbol.asyncDispose]();
      return reply.send();
    }
    return reply.send(original.file.createReadStream({ start: first, end: last }));
  } catch (error) {
    if (!("bytes" in original)) await original[Symbol.asyncDispose]();
    throw error;
  }
}
