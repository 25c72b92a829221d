import { z } from "zod";
import { pictureSchema } from "./classify.js";
import { LIMITS } from "./limits.js";
import { problemEntrySchema } from "./problem.js";
import { databaseNameSchema } from "./search.js";

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const cosine = z.number().min(-1).max(1);

/** A shop's own id of a product. */
export const productIdSchema = z.string().min(1).max(200).meta({ id: "ProductId" });

const texts = (most: number) => z.record(z.string().max(35), z.string().min(1).max(most));
const price = z.strictObject({ amount: z.number().min(0), currency: z.string().regex(/^[A-Z]{3}$/) });

/** A product as it is written. */
export const productBodySchema = z
  .strictObject({
    names: texts(500).describe('by language code, such as {"en": "red shirt"}; at least one'),
    descriptions: texts(10_000).optional(),
    categories: z.array(z.string().min(1).max(500)).max(100).optional().describe("from the widest"),
    price: price.nullable().optional(),
    pictures: z
      .array(pictureSchema)
      .max(LIMITS.pictures)
      .optional()
      .describe("absent: those it has stay; none: it is found by its words"),
  })
  .meta({ id: "ProductBody" });

export const productSchema = z
  .strictObject({
    id: productIdSchema,
    name: z.string().describe("the English one, else the first"),
    names: z.record(z.string(), z.string()),
    descriptions: z.record(z.string(), z.string()),
    categories: z.array(z.string()),
    price: price.optional(),
    pictures: z.array(z.string()).describe("addresses; they work without a key for an hour"),
  })
  .meta({ id: "Product" });

export const productListSchema = z
  .strictObject({
    catalogue: databaseNameSchema,
    catalogues: z.array(z.strictObject({ name: databaseNameSchema, products: count, version: count })),
    version: count.describe("number of its last change"),
    total: count,
    products: z.array(productSchema),
    next: z.string().optional(),
  })
  .meta({ id: "ProductList" });

export const productPutSchema = z
  .strictObject({
    catalogue: databaseNameSchema,
    version: count,
    product: productSchema,
    failed: z
      .array(problemEntrySchema.extend({ picture: z.string() }))
      .optional()
      .describe("pictures that could not be read and were left out"),
  })
  .meta({ id: "ProductPut" });

export const productChangesSchema = z
  .strictObject({
    catalogue: databaseNameSchema,
    version: count.describe("number of its last change: since of the next call where more is false"),
    more: z.boolean().describe("true: ask again since the last of these"),
    changes: z.array(
      z.strictObject({
        seq: z.int().min(1).describe("rises by one"),
        at: z.iso.datetime(),
        change: z.enum(["put", "remove"]),
        id: productIdSchema,
        product: productSchema.optional().describe("of put"),
      }),
    ),
  })
  .meta({ id: "ProductChanges" });

export const recogniseRequestSchema = z
  .strictObject({
    image: pictureSchema,
    catalogue: databaseNameSchema.optional().describe("default: the server's first"),
    top: z.int().min(1).max(LIMITS.candidates).default(5),
  })
  .meta({ id: "RecogniseRequest" });

export const candidateSchema = z
  .strictObject({
    id: productIdSchema,
    name: z.string(),
    category: z.string().optional().describe("the narrowest"),
    price: price.optional(),
    probability: share.describe("among all products of the catalogue"),
    evidence: z.strictObject({
      picture: cosine.optional().describe("cosine with the nearest of its pictures"),
      text: cosine.optional().describe("cosine with its words"),
    }),
    pictures: z.array(z.string()),
  })
  .meta({ id: "Candidate" });

export const recogniseResponseSchema = z
  .strictObject({
    catalogue: databaseNameSchema,
    version: count,
    model: z.string(),
    candidates: z.array(candidateSchema).describe("most probable first"),
    notInCatalogue: z.boolean().describe("true: the best is not good enough (zeroclip catalogue fit)"),
  })
  .meta({ id: "RecogniseResponse" });

const recommendFilterSchema = z.strictObject({
  categories: z.array(z.string().min(1).max(500)).max(100).optional().describe("one of these"),
  least: z.number().min(0).optional(),
  most: z.number().min(0).optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  without: z.array(productIdSchema).max(LIMITS.changes).optional(),
});

export const recommendRequestSchema = z
  .strictObject({
    catalogue: databaseNameSchema.optional(),
    like: z.array(productIdSchema).min(1).max(100).optional().describe("products like these"),
    liked: z
      .array(z.strictObject({ id: productIdSchema, daysAgo: z.number().min(0).max(100_000).optional() }))
      .min(1)
      .max(1_000)
      .optional()
      .describe("for somebody who liked these; a like counts half after 30 days"),
    look: productIdSchema.optional().describe("what goes with this one, by rules of categories"),
    rules: z
      .record(z.string().max(500), z.array(z.string().max(500)).max(100))
      .optional()
      .describe("with look: category to those that go with it; default: rules.json of the catalogue"),
    filter: recommendFilterSchema.optional(),
    top: z.int().min(1).max(LIMITS.hits).optional().describe("default 10; of look 3 a category"),
    diverse: share.optional().describe("1 by likeness alone, 0 as different as can be; default 1"),
  })
  .meta({ id: "RecommendRequest" });

export const recommendedSchema = productSchema.extend({ similarity: cosine }).meta({ id: "Recommended" });

export const recommendResponseSchema = z
  .strictObject({
    catalogue: databaseNameSchema,
    version: count,
    products: z.array(recommendedSchema).optional().describe("of like and liked"),
    looks: z
      .array(z.strictObject({ category: z.string(), products: z.array(recommendedSchema) }))
      .optional()
      .describe("of look"),
  })
  .meta({ id: "RecommendResponse" });

export type ProductEntry = z.infer<typeof productSchema>;
export type ProductBody = z.infer<typeof productBodySchema>;
export type ProductList = z.infer<typeof productListSchema>;
export type ProductPut = z.infer<typeof productPutSchema>;
export type ProductChanges = z.infer<typeof productChangesSchema>;
/** @public What a client sends. */
export type RecogniseRequest = z.input<typeof recogniseRequestSchema>;
export type RecogniseResponse = z.infer<typeof recogniseResponseSchema>;
/** @public What a client sends. */
export type RecommendRequest = z.input<typeof recommendRequestSchema>;
export type RecommendAsked = z.output<typeof recommendRequestSchema>;
export type RecommendResponse = z.infer<typeof recommendResponseSchema>;
export type Recommended = z.infer<typeof recommendedSchema>;
