import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { ClipError } from "../../errors.js";
import type { ServerContext } from "../context.js";
import { Gate } from "../databases/gate.js";
import { HitMaker } from "../databases/hits.js";
import { addPictures, uploadsOf } from "../databases/uploads.js";
import { readFiles } from "../pictures/form.js";
import { parse } from "../wire/parse.js";
import { databaseNameSchema, type UploadResponse } from "../wire/search.js";
import { askerOf } from "./asking.js";

const paramsSchema = z.object({ db: databaseNameSchema });

/** Pictures that are added at once: one form at a time, as each is computed and written in one go. */
const [AT_ONCE, MOST_WAITING] = [1, 32];

/** Pictures into databases. */
export function uploadRoutes(app: FastifyInstance, context: ServerContext): void {
  const { search: room, pool, options } = context;
  const gate = new Gate(AT_ONCE, MOST_WAITING);
  const config = { work: true, scope: "write" } as const;
  app.post("/v1/databases/:db/pictures", { config }, async (request, reply) => {
    const { db: name } = parse(paramsSchema, request.params, "the address of a database");
    const db = room.databases.get(name);
    uploadsOf(db);
    if (!request.isMultipart())
      throw new ClipError("server.media-type", "Expected a multipart form with pictures as its files.");
    const { pictures } = await readFiles(request, options.maxBodyBytes);
    if (pictures.length === 0)
      throw new ClipError("input.none", "Expected at least one picture but received none.");
    const added = await gate.run(request.gone, () =>
      db.use(pool, askerOf(request, "bulk"), (encoder) => addPictures(db, pictures, encoder)),
    );
    const hits = await HitMaker.of(db, room.marks, context);
    const answer: UploadResponse = {
      db: db.name,
      added: added.filter(({ row, known }) => row && !known).length,
      pictures: added.map(({ name: shown, row, known, error }) => ({
        name: shown,
        ...(row ? { picture: hits.hit(row) } : {}),
        ...(known === undefined ? {} : { known }),
        ...(error ? { error: { code: error.code, message: db.cleaned(error.message) } } : {}),
      })),
    };
    // As /v1/classify: where nothing could be read the request was wrong, and each entry says why.
    return reply.code(added.every(({ error }) => error) ? 400 : 200).send(answer);
  });
}
