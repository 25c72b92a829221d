import { z } from "zod";
import { LIMITS } from "./limits.js";
import { problemEntrySchema } from "./problem.js";
import { hitSchema, rowIdSchema } from "./search.js";

const count = z.int().min(0);
const ids = z.array(rowIdSchema);

export const duplicateSchema = hitSchema
  .extend({
    sharpness: z.number().optional().describe("variance of the Laplacian: higher is sharper"),
    best: z.boolean().describe("the one that is proposed to be kept"),
  })
  .meta({ id: "Duplicate" });

export const duplicateGroupSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["same", "near"]).describe("same: equal bytes; near: pictures that look alike"),
    best: rowIdSchema,
    pictures: z.array(duplicateSchema).describe("the best first"),
  })
  .meta({ id: "DuplicateGroup" });

export const duplicatesResponseSchema = z
  .strictObject({
    groups: z.array(duplicateGroupSchema),
    total: count.describe("groups there are"),
    extra: count.describe("pictures beside the best of each group"),
    cursor: z.string().optional().describe("for the groups after these; absent: there are none"),
  })
  .meta({ id: "Duplicates" });

export const trashBodySchema = z
  .strictObject({
    pictures: ids
      .min(1)
      .max(LIMITS.trashed)
      .describe("ids of pictures of groups; one of each group has to stay"),
    threshold: z.number().min(0).max(1).optional().describe("the one the groups were asked for with"),
  })
  .meta({ id: "TrashBody" });

const left = z.array(problemEntrySchema.extend({ id: z.string().optional() }));

export const trashedSchema = z
  .strictObject({
    moved: count,
    undo: z.string().optional().describe("what /trash/undo takes; absent: nothing was moved"),
    left: left.optional().describe("what stayed, and why"),
  })
  .meta({ id: "Trashed" });

export const undoBodySchema = z.strictObject({ undo: z.string().min(1).max(64) }).meta({ id: "UndoBody" });

export const restoredSchema = z
  .strictObject({ restored: count, left: left.optional() })
  .meta({ id: "Restored" });

/** Columns of numbers, as 100,000 objects would be ten times as long. */
export const mapSchema = z
  .strictObject({
    state: z.literal("done"),
    rows: count.describe("pictures that were laid out"),
    sampled: z.boolean().describe("true: only some of the rows are among the points"),
    points: z.strictObject({
      id: ids,
      x: z.array(z.number()).describe("0..1"),
      y: z.array(z.number()).describe("0..1, downwards"),
      cluster: z.array(z.int()).describe("position in clusters"),
    }),
    clusters: z.array(z.strictObject({ name: z.string(), count })).describe("the largest first"),
  })
  .meta({ id: "PictureMap" });

/** With status 202. */
export const mapRunningSchema = z
  .strictObject({ state: z.literal("running"), done: z.number().min(0).max(1).describe("a share") })
  .meta({ id: "PictureMapRunning" });

export const collectionBodySchema = z
  .strictObject({ pictures: ids.max(LIMITS.collected) })
  .meta({ id: "CollectionBody" });

export const collectionInfoSchema = z
  .strictObject({
    name: z.string(),
    version: z.int().min(1).describe("1 at first, one more with each change"),
    count,
    updated: z.iso.datetime(),
  })
  .meta({ id: "CollectionInfo" });

export const collectionSchema = collectionInfoSchema.extend({ pictures: ids }).meta({ id: "Collection" });

export const collectionListSchema = z
  .strictObject({ collections: z.array(collectionInfoSchema) })
  .meta({ id: "CollectionList" });

export type DuplicateGroupEntry = z.infer<typeof duplicateGroupSchema>;
export type DuplicatesResponse = z.infer<typeof duplicatesResponseSchema>;
export type TrashBody = z.infer<typeof trashBodySchema>;
export type TrashedResponse = z.infer<typeof trashedSchema>;
export type RestoredResponse = z.infer<typeof restoredSchema>;
export type PictureMap = z.infer<typeof mapSchema>;
export type PictureMapRunning = z.infer<typeof mapRunningSchema>;
export type CollectionInfo = z.infer<typeof collectionInfoSchema>;
export type Collection = z.infer<typeof collectionSchema>;
