import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ClipError } from "../../errors.js";
import type { ServerContext } from "../context.js";
import { ServedEncoder } from "../databases/encoder.js";
import { isoDate } from "../databases/hits.js";
import { putProduct } from "../products/change.js";
import { entryOf } from "../products/entries.js";
import { recommendations } from "../products/recommend.js";
import type { Shelf } from "../products/shelves.js";
import { LIMITS } from "../wire/limits.js";
import { parse } from "../wire/parse.js";
import {
  type ProductChanges,
  type ProductList,
  type ProductPut,
  productBodySchema,
  productIdSchema,
  type RecommendResponse,
  recommendRequestSchema,
} from "../wire/products.js";
import { databaseNameSchema } from "../wire/search.js";
import { askerOf } from "./asking.js";

const catalogueSchema = z.strictObject({ catalogue: databaseNameSchema.optional() });
const listSchema = catalogueSchema.extend({
  top: z.coerce.number().int().min(1).max(LIMITS.hits).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,12}$/, "Expected next of the page before")
    .optional(),
});
const changesSchema = catalogueSchema.extend({
  since: z.coerce.number().int().min(0).default(0),
  top: z.coerce.number().int().min(1).max(LIMITS.changes).default(100),
});
const paramsSchema = z.object({ id: productIdSchema });

/** What shops change and follow, and recommendations. */
export function productRoutes(app: FastifyInstance, context: ServerContext): void {
  const { shelves, search: room, pool, options } = context;
  const idOf = (request: FastifyRequest): string =>
    parse(paramsSchema, request.params, "the address of a product").id;
  const shelfOf = (request: FastifyRequest): Promise<Shelf> =>
    shelves.get(parse(catalogueSchema, request.query, "the address").catalogue);
  const entry = (shelf: Shelf, product: Parameters<typeof entryOf>[1]) =>
    entryOf(shelf, product, room.marks, context);

  app.get("/v1/products", async (request): Promise<ProductList> => {
    const { catalogue: name, top, cursor = "0" } = parse(listSchema, request.query, "the address");
    const shelf = await shelves.get(name);
    const { catalogue } = shelf;
    const from = Number(cursor);
    const page = [...catalogue.products()].slice(from, from + top);
    const products = page.map((product) => entry(shelf, product));
    const end = from + products.length;
    return {
      catalogue: shelf.name,
      catalogues: shelves.list().map((one) => ({
        name: one.name,
        products: one.catalogue.size,
        version: one.catalogue.version,
      })),
      version: catalogue.version,
      total: catalogue.size,
      products,
      ...(end < catalogue.size && products.length > 0 ? { next: String(end) } : {}),
    };
  });

  app.get("/v1/products/changes", async (request): Promise<ProductChanges> => {
    const { catalogue: name, since, top } = parse(changesSchema, request.query, "the address");
    const shelf = await shelves.get(name);
    const { catalogue } = shelf;
    const changes = catalogue.changes(since, top);
    return {
      catalogue: shelf.name,
      version: catalogue.version,
      more: (changes.at(-1)?.seq ?? catalogue.version) < catalogue.version,
      changes: changes.map((one) => ({
        seq: one.seq,
        at: isoDate(one.at),
        change: one.change,
        id: one.change === "put" ? one.product.id : one.id,
        ...(one.change === "put" ? { product: entry(shelf, one.product) } : {}),
      })),
    };
  });

  app.put(
    "/v1/products/:id",
    { config: { work: true, scope: "write" } },
    async (request): Promise<ProductPut> => {
      const id = idOf(request);
      const shelf = await shelfOf(request);
      const body = parse(productBodySchema, request.body);
      const { product, failed } = await pool.use(shelf.model, (serving) =>
        putProduct(shelf, id, body, new ServedEncoder(serving, askerOf(request)), options),
      );
      return {
        catalogue: shelf.name,
        version: shelf.catalogue.version,
        product: entry(shelf, product),
        ...(failed.length === 0
          ? {}
          : {
              failed: failed.map(({ picture, error }) => ({
                picture,
                code: error.code,
                message: error.message.replaceAll(shelf.folder, shelf.name),
              })),
            }),
      };
    },
  );

  app.delete(
    "/v1/products/:id",
    { config: { scope: "write" } },
    async (request, reply): Promise<FastifyReply> => {
      const id = idOf(request);
      const shelf = await shelfOf(request);
      const [removed] = await shelf.turns.run(() => shelf.catalogue.remove([id]));
      if (removed === undefined)
        throw new ClipError("server.not-found", "Expected the id of a product but there is none such.");
      return reply.code(204).send();
    },
  );

  app.post(
    "/v1/products/recommend",
    { config: { work: true } },
    async (request): Promise<RecommendResponse> => {
      const asked = parse(recommendRequestSchema, request.body);
      const shelf = await shelves.get(asked.catalogue);
      const { products, looks } = await recommendations(shelf, asked);
      const shown = (list: NonNullable<typeof products>) =>
        list.map(({ product, similarity }) => ({
          ...entry(shelf, product),
          similarity: Math.max(-1, Math.min(1, similarity)),
        }));
      return {
        catalogue: shelf.name,
        version: shelf.catalogue.version,
        ...(products ? { products: shown(products) } : {}),
        ...(looks ? { looks: looks.map((one) => ({ ...one, products: shown(one.products) })) } : {}),
      };
    },
  );
}
