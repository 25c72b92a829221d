import type { FastifyInstance, FastifyRequest } from "fastify";
import { ClipError } from "../../errors.js";
import { answerRequest } from "../answer.js";
import type { ServerContext } from "../context.js";
import { optionsOf, readForm } from "../pictures/form.js";
import { fromJson, type NamedPicture } from "../pictures/pictures.js";
import { type ClassifyAsked, type ClassifyResponse, classifyRequestSchema } from "../wire/classify.js";
import { parse } from "../wire/parse.js";
import { askerOf } from "./asking.js";

interface Asked {
  readonly pictures: readonly NamedPicture[];
  readonly asked: ClassifyAsked;
}

/** A request in any of its three forms: JSON, a form with files, or one picture as the body and the rest in the address. */
async function read(request: FastifyRequest, { options }: ServerContext): Promise<Asked> {
  if (request.isMultipart()) return readForm(request, options.maxBodyBytes);
  if (Buffer.isBuffer(request.body)) {
    const asked = optionsOf(
      Object.entries(request.query as Record<string, string | string[]>).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, one] as const),
      ),
    );
    return { pictures: [{ name: "#0", input: request.body }], asked };
  }
  const { image, images, ...asked } = parse(classifyRequestSchema, request.body);
  if ((image === undefined) === (images === undefined))
    throw new ClipError("usage.request", "Expected either image or images in the request.");
  return { pictures: fromJson(images ?? [image!], options.fetchUrls), asked };
}

export function classifyRoutes(app: FastifyInstance, context: ServerContext): void {
  app.post("/v1/classify", { config: { work: true } }, async (request): Promise<ClassifyResponse> => {
    const { pictures, asked } = await read(request, context);
    return answerRequest(context, pictures, asked, askerOf(request, asked.priority));
  });
}
