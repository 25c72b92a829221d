import { z } from "zod";
import { pictureSchema } from "./classify.js";
import { LIMITS } from "./limits.js";
import { problemEntrySchema, warningSchema } from "./problem.js";

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const words = z.string().min(1).max(LIMITS.words);

/** What a database is called in addresses: no slash, nothing that an address or a file's name treats in its own way. */
export const databaseNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "Expected 1 to 64 of letters, digits, dot, dash and underscore")
  .meta({ id: "DatabaseName" });

/** What a row is called: 32 hex digits. */
export const rowIdSchema = z
  .string()
  .regex(/^[0-9a-f]{32}$/, "Expected an id of 32 hex digits")
  .meta({ id: "PictureId" });

export const databaseSchema = z
  .strictObject({
    name: databaseNameSchema,
    rows: count,
    model: z.string(),
    precision: z.enum(["fp32", "fp16", "int8", "mixed"]),
    labels: z
      .array(z.strictObject({ label: z.string(), count }))
      .max(LIMITS.databaseLabels)
      .describe("those of most pictures, the most frequent first"),
    from: z.iso.datetime().optional().describe("when the oldest was taken, else changed"),
    until: z.iso.datetime().optional(),
    thumbnails: z.boolean().describe("small pictures are kept beside the rows"),
    uploads: z.boolean().describe("pictures may be added to it (--uploads)"),
    trash: z.boolean().describe("duplicates may be moved to its trash (--trash)"),
  })
  .meta({ id: "Database" });

export const databaseListSchema = z
  .strictObject({ databases: z.array(databaseSchema) })
  .meta({ id: "DatabaseList" });

/** x, y, width, height in shares of a picture's sides. */
const crop = z.tuple([share, share, share, share]);

export const searchFilterSchema = z
  .strictObject({
    folder: words.optional().describe("in it or below; as in a hit's path"),
    labels: z.array(words).max(100).optional().describe("has all of them"),
    notLabels: z.array(words).max(100).optional().describe("has none of them"),
    since: z.string().max(60).optional().describe("2024, 2024-05, 2024-05-01 or 2024-05-01T18:30"),
    until: z.string().max(60).optional().describe("the same, its day or month included"),
    minSize: z
      .union([z.int().min(1).max(999_999), z.string().max(60)])
      .optional()
      .describe("pixels, of both sides or as 800x600"),
    camera: words.optional().describe("a part of its name"),
    frame: z.boolean().optional().describe("true: frames of videos alone; false: pictures alone"),
    collection: z.string().min(1).max(64).optional().describe("pictures of this collection alone"),
    ids: z.array(rowIdSchema).max(LIMITS.collected).optional().describe("these pictures alone"),
  })
  .meta({ id: "SearchFilter" });

export const searchRequestSchema = z
  .strictObject({
    db: databaseNameSchema.optional().describe("default: the server's first database"),
    text: z.string().trim().min(1).max(LIMITS.query).optional().describe("words, as one text"),
    query: z
      .string()
      .trim()
      .min(1)
      .max(LIMITS.query)
      .optional()
      .describe('signs and weights: lighthouse +"at night" -people^0.5'),
    image: pictureSchema.optional(),
    like: rowIdSchema.optional().describe("pictures like this one of the database"),
    crop: crop.optional().describe("with image or like: the part to look at, in shares of its sides"),
    filter: searchFilterSchema.optional(),
    minRelevance: share.optional().describe("default 0.061: nine of ten that have an answer keep one"),
    all: z.boolean().optional().describe("also what hardly fits"),
    diverse: share
      .optional()
      .describe("hits that differ: 1 by similarity alone, 0 as different as can be; default: off"),
    top: z.int().min(1).max(LIMITS.hits).default(50),
    cursor: z.string().min(1).max(LIMITS.cursor).optional().describe("next of the page before"),
  })
  .meta({ id: "SearchRequest" });

export const hitSchema = z
  .strictObject({
    id: rowIdSchema,
    path: z.string().describe("below the folder that its database is of; `/` between parts"),
    name: z.string(),
    relevance: share.optional().describe("how probable it is that it fits"),
    similarity: z.number().min(-1).max(1).optional(),
    width: count,
    height: count,
    bytes: count,
    date: z.iso.datetime().optional().describe("when it was taken, else when its file was changed"),
    time: count.optional().describe("of a video's frame: its place, ms"),
    labels: z.array(z.string()),
    caption: z.string().optional(),
    camera: z.string().optional(),
    place: z.strictObject({ latitude: z.number(), longitude: z.number() }).optional(),
    copies: count.optional().describe("files with the same bytes that are no hits of their own"),
    thumbnail: z.string().describe("address of a small picture; works without a key for an hour or more"),
    picture: z.string().describe("address of the original, likewise"),
  })
  .meta({ id: "Hit" });

export const searchResponseSchema = z
  .strictObject({
    db: databaseNameSchema,
    model: z.string(),
    hits: z.array(hitSchema),
    next: z.string().optional().describe("cursor of the page after; absent: there is none"),
    noGoodMatch: z.boolean().describe("there are pictures, but none fits: all: true shows them"),
    total: count.optional().describe("where nothing is looked for: how many pass the filter"),
    warnings: z.array(warningSchema).optional(),
  })
  .meta({ id: "SearchResponse" });

/** A picture with all that is known of it. */
export const storedPictureSchema = hitSchema
  .extend({
    hash: z.string().describe("SHA-256 of the file, 64 hex digits"),
    taken: z.iso.datetime().optional(),
    modified: z.iso.datetime(),
    indexed: z.iso.datetime(),
    sharpness: z.number().describe("variance of the Laplacian: higher is sharper"),
    blank: z.boolean().describe("one colour or nearly so"),
  })
  .meta({ id: "StoredPicture" });

/** What became of one uploaded picture. */
export const uploadedSchema = z
  .strictObject({
    name: z.string(),
    picture: hitSchema.optional(),
    known: z.boolean().optional().describe("true: the same file was uploaded before"),
    error: problemEntrySchema.optional(),
  })
  .meta({ id: "Uploaded" });

export const uploadResponseSchema = z
  .strictObject({ db: databaseNameSchema, added: count, pictures: z.array(uploadedSchema) })
  .meta({ id: "UploadResponse" });

export type Database = z.infer<typeof databaseSchema>;
export type SearchFilter = z.infer<typeof searchFilterSchema>;
/** @public What a client sends. */
export type SearchRequest = z.input<typeof searchRequestSchema>;
export type SearchAsked = z.output<typeof searchRequestSchema>;
export type Hit = z.infer<typeof hitSchema>;
export type SearchResponse = z.infer<typeof searchResponseSchema>;
export type StoredPicture = z.infer<typeof storedPictureSchema>;
export type Uploaded = z.infer<typeof uploadedSchema>;
export type UploadResponse = z.infer<typeof uploadResponseSchema>;
