import type { FastifyInstance, FastifyRequest } from "fastify";
import { ClipError } from "../../errors.js";
import type { ServerContext } from "../context.js";
import { addExamples, examplesOf, removeExamples } from "../examples/learn.js";
import { readFiles } from "../pictures/form.js";
import { fromJson, type NamedPicture } from "../pictures/pictures.js";
import {
  type Examples,
  type ExamplesAdded,
  examplesBodySchema,
  examplesFieldsSchema,
  examplesQuerySchema,
} from "../wire/examples.js";
import { LIMITS } from "../wire/limits.js";
import { parse } from "../wire/parse.js";
import { askerOf } from "./asking.js";
import { setNameOf } from "./label-sets.js";

interface Asked {
  readonly pictures: readonly NamedPicture[];
  readonly asked: { readonly label: string; readonly model?: string | undefined };
}

/** Labelled pictures as a form or as JSON. */
async function read(request: FastifyRequest, { options }: ServerContext): Promise<Asked> {
  if (request.isMultipart()) {
    const { pictures, fields } = await readFiles(request, options.maxBodyBytes);
    return { pictures, asked: parse(examplesFieldsSchema, Object.fromEntries(fields), "the form") };
  }
  const { images, ...asked } = parse(examplesBodySchema, request.body);
  return { pictures: fromJson(images, options.fetchUrls), asked };
}

/** Pictures that say what labels look like. */
export function exampleRoutes(app: FastifyInstance, context: ServerContext): void {
  const address = "/v1/label-sets/:name/examples";
  const config = { work: true, scope: "write" } as const;

  app.get(address, { config: { work: true } }, async (request): Promise<Examples> => {
    const { model } = parse(examplesQuerySchema, request.query, "the address");
    return examplesOf(context, setNameOf(request), model);
  });

  app.post(address, { config }, async (request): Promise<ExamplesAdded> => {
    const set = setNameOf(request);
    const { pictures, asked } = await read(request, context);
    if (pictures.length === 0)
      throw new ClipError("input.none", "Expected at least one picture but received none.");
    if (pictures.length > LIMITS.pictures)
      throw new ClipError("usage.request", `Expected at most ${LIMITS.pictures} pictures a request.`);
    return addExamples(context, set, asked, pictures, askerOf(request));
  });

  app.delete(address, { config }, async (request): Promise<Examples> => {
    const asked = parse(examplesQuerySchema, request.query, "the address");
    return removeExamples(context, setNameOf(request), asked, askerOf(request));
  });
}
