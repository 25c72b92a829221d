import type { FastifyInstance, FastifyRequest } from "fastify";
import type { z } from "zod";
import { ClipError } from "../../errors.js";
import { KIND_NAMES, makeShape } from "../../points/generate/generate.js";
import { plyBytes } from "../../points/write-ply.js";
import type { ServerContext } from "../context.js";
import { readUploads, valuesOf } from "../pictures/form.js";
import { bytesOfText } from "../pictures/pictures.js";
import { answerShapes, drawShapes } from "../shapes/answer.js";
import type { NamedShape } from "../shapes/desk.js";
import { parse } from "../wire/parse.js";
import {
  drawingSchema,
  type ShapesResponse,
  sampleQuerySchema,
  shapeOptionsSchema,
  shapesRequestSchema,
  type ViewsResponse,
  viewsRequestSchema,
  type WireShape,
} from "../wire/points.js";
import { askerOf } from "./asking.js";

/** Fields of a form or an address that are no plain words. */
const KINDS = {
  numbers: new Set(["level", "top", "coverage", "views"]),
  truths: new Set(["sum", "perLabel", "uncertainty", "independent", "pictures", "outline"]),
  lists: new Set(["labels", "templates", "domain"]),
  objects: new Set(["viewWeights"]),
};

/** The schema of a request in its two forms. */
interface Schemas<T> {
  /** All but the shapes: fields of a form, or of the address. */
  readonly options: z.ZodType<T>;
  readonly body: z.ZodType<
    T & { readonly shape?: WireShape | undefined; readonly shapes?: readonly WireShape[] | undefined }
  >;
}

interface Asked<T> {
  readonly shapes: readonly NamedShape[];
  readonly asked: T;
}

/** A request in any of its three forms: JSON, a form with files, or one file as the body and the rest, with its `name`, in the address. */
async function read<T>(
  request: FastifyRequest,
  { options, body }: Schemas<T>,
  most: number,
): Promise<Asked<T>> {
  const asked = (fields: Iterable<readonly [string, string]>): T =>
    parse(options, valuesOf(fields, KINDS), "the form");
  if (request.isMultipart()) {
    const { files, fields } = await readUploads(request, most, most);
    return { shapes: files, asked: asked(fields) };
  }
  if (Buffer.isBuffer(request.body)) {
    const fields = Object.entries(request.query as Record<string, string | string[]>).flatMap(
      ([name, value]) => [value].flat().map((one) => [name, one] as const),
    );
    const name = fields.find(([field]) => field === "name")?.[1].slice(0, 255) ?? "#0";
    return {
      shapes: [{ name, bytes: request.body }],
      asked: asked(fields.filter(([field]) => field !== "name")),
    };
  }
  const { shape, shapes, ...rest } = parse(body, request.body);
  if ((shape === undefined) === (shapes === undefined))
    throw new ClipError("usage.request", "Expected either shape or shapes in the request.");
  const given = (shapes ?? [shape!]).map(({ data, name }, i) => {
    return { name: name ?? `#${i}`, bytes: bytesOfText(data) };
  });
  return { shapes: given, asked: rest as T };
}

const CLASSIFY = { options: shapeOptionsSchema, body: shapesRequestSchema };
const VIEWS = { options: drawingSchema, body: viewsRequestSchema };

/** Point clouds and meshes. */
export function pointRoutes(app: FastifyInstance, context: ServerContext): void {
  const { maxBodyBytes } = context.options;

  app.post("/v1/points/classify", { config: { work: true } }, async (request): Promise<ShapesResponse> => {
    const { shapes, asked } = await read(request, CLASSIFY, maxBodyBytes);
    return answerShapes(context, shapes, asked, askerOf(request, asked.priority));
  });

  app.post("/v1/points/views", { config: { work: true } }, async (request): Promise<ViewsResponse> => {
    const { shapes, asked } = await read(request, VIEWS, maxBodyBytes);
    return drawShapes(context, shapes, asked, request.gone);
  });

  app.get("/v1/points/samples", async () => ({ kinds: KIND_NAMES }));

  app.get<{ Params: { kind: string } }>("/v1/points/samples/:kind", async (request, reply) => {
    const { seed, form } = parse(sampleQuerySchema, request.query, "the address of a sample");
    const bytes = plyBytes(makeShape(request.params.kind, { seed, form }));
    return reply
      .type("application/octet-stream")
      .header("cache-control", "private, max-age=3600")
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
}
