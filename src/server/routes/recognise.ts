import { readFile } from "node:fs/promises";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { ClipError } from "../../errors.js";
import { preview } from "../../image/recode.js";
import type { ImageInput } from "../../image/sources.js";
import { readFusion } from "../../search/retail/files.js";
import { recognise } from "../../search/retail/fusion.js";
import type { ServerContext } from "../context.js";
import { pictureOptions } from "../databases/ask.js";
import { signedSchema } from "../databases/marks.js";
import { SIDE } from "../databases/thumbnails.js";
import { requireKey } from "../guard.js";
import { readFiles } from "../pictures/form.js";
import { fromJson } from "../pictures/pictures.js";
import { markedProduct, nameOf, pictureAddresses } from "../products/entries.js";
import { pictureFile } from "../products/picture-file.js";
import { checkAddress } from "../wire/body.js";
import { LIMITS } from "../wire/limits.js";
import { parse } from "../wire/parse.js";
import { productIdSchema, type RecogniseResponse, recogniseRequestSchema } from "../wire/products.js";
import { databaseNameSchema } from "../wire/search.js";
import { askerOf } from "./asking.js";

const formSchema = z.strictObject({
  catalogue: databaseNameSchema.optional(),
  top: z.coerce.number().int().min(1).max(LIMITS.candidates).optional(),
});
const pictureSchema = z.object({ id: productIdSchema, position: z.coerce.number().int().min(0).max(1000) });
const addressSchema = signedSchema.extend({ catalogue: databaseNameSchema.optional() });

interface Asked {
  readonly input: ImageInput | ClipError;
  readonly catalogue?: string | undefined;
  readonly top: number;
}

async function read(request: FastifyRequest, { options }: ServerContext): Promise<Asked> {
  const fieldsOf = (fields: object): Omit<Asked, "input"> => {
    const { top = 5, catalogue } = parse(formSchema, fields, "the form");
    return { top, catalogue };
  };
  if (Buffer.isBuffer(request.body)) return { ...fieldsOf(request.query as object), input: request.body };
  checkAddress(request);
  if (!request.isMultipart()) {
    const { image, ...rest } = parse(recogniseRequestSchema, request.body);
    return { ...rest, input: fromJson([image], options.fetchUrls)[0]!.input };
  }
  const { pictures, fields } = await readFiles(request, options.maxBodyBytes);
  const asked = fieldsOf(Object.fromEntries(fields));
  if (pictures.length !== 1)
    throw new ClipError("usage.request", `Expected one picture in the form but received ${pictures.length}.`);
  return { ...asked, input: pictures[0]!.input };
}

/** Products in photos, and their own pictures. */
export function recogniseRoutes(app: FastifyInstance, context: ServerContext): void {
  const { shelves, search: room, pool, options } = context;

  app.post(
    "/v1/products/recognise",
    { config: { work: true } },
    async (request): Promise<RecogniseResponse> => {
      const { input, catalogue: name, top } = await read(request, context);
      if (input instanceof ClipError) throw input;
      const shelf = await shelves.get(name);
      const { catalogue } = shelf;
      const fusion = await readFusion(shelf.folder);
      return pool.use(shelf.model, async (serving) => {
        const kind = { views: "center", eachView: false } as const;
        const [found] = await serving.encodeImages([input], kind, askerOf(request));
        if (found instanceof ClipError) throw found;
        if (found!.result instanceof ClipError) throw found!.result;
        // What was put in meanwhile counts: the evidence is of the newest version.
        const { candidates, inCatalogue } = recognise(catalogue.evidence(found!.result), fusion, top);
        return {
          catalogue: shelf.name,
          version: catalogue.version,
          model: shelf.model,
          candidates: candidates.map(({ id, probability, picture, text }) => {
            const product = catalogue.get(id)!;
            const { categories, price, pictures } = product;
            const category = categories.at(-1);
            return {
              id,
              name: nameOf(product),
              ...(category === undefined ? {} : { category }),
              ...(price === null ? {} : { price }),
              probability,
              evidence: { ...(pictures.length > 0 ? { picture: cosine(picture) } : {}), text: cosine(text) },
              pictures: pictureAddresses(shelf, product, room.marks, context),
            };
          }),
          notInCatalogue: !inCatalogue,
        };
      });
    },
  );

  app.get("/v1/products/:id/pictures/:position", { config: { open: true } }, async (request, reply) => {
    const { id, position } = parse(pictureSchema, request.params, "the address of a picture");
    const { catalogue: name, until, mark } = parse(addressSchema, request.query, "the address of a picture");
    if (until === undefined || mark === undefined) requireKey(request, context, "read");
    else room.marks.check(markedProduct(name ?? "", id, position), until, mark);
    const shelf = await shelves.get(name);
    const path = shelf.catalogue.get(id)?.pictures[position];
    const file = await pictureFile(shelf, path, options.pictureFolders);
    const image = pictureOptions(options);
    const { bytes, type } = await room.thumbnails.kept(`product ${file}`, request.gone, async () =>
      preview(await readFile(file), SIDE, "jpeg", image),
    );
    return reply
      .header("cache-control", "private, max-age=3600")
      .type(type)
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
}

function cosine(value: number): number {
  return Math.max(-1, Math.min(1, value));
}
