import { z } from "zod";
import { pictureSchema } from "./classify.js";
import { LIMITS } from "./limits.js";
import { problemEntrySchema } from "./problem.js";

const words = z.string().min(1).max(LIMITS.words);
const count = z.int().min(0);

/** Labelled pictures in JSON. */
export const examplesBodySchema = z
  .strictObject({
    label: words.describe("id or name of a label of the set"),
    images: z.array(pictureSchema).min(1).max(LIMITS.pictures),
    model: z.string().min(1).max(LIMITS.model).optional().describe("default: the server's first model"),
  })
  .meta({ id: "ExamplesBody" });

/** The fields of a form beside its pictures. */
export const examplesFieldsSchema = examplesBodySchema.omit({ images: true });

export const examplesQuerySchema = z.strictObject({
  label: words.optional(),
  model: examplesBodySchema.shape.model,
});

/** What a set has learnt from pictures, for one model. */
export const examplesSchema = z
  .strictObject({
    labelSet: z.string(),
    model: z.string(),
    labels: z
      .array(z.strictObject({ id: z.string(), label: z.string(), pictures: count }))
      .describe("labels that have pictures"),
    pictures: count,
    active: z.boolean().describe("answers are changed: pictures of at least two labels are there"),
    heldOut: z
      .strictObject({ words: z.number().min(0).max(1), examples: z.number().min(0).max(1) })
      .optional()
      .describe(
        "share of the pictures named right, each left out in turn: by the words alone, and with the others' help; absent while no label has two",
      ),
  })
  .meta({ id: "Examples" });

export const examplesAddedSchema = examplesSchema
  .extend({
    added: count,
    failed: z.array(z.strictObject({ image: z.string(), error: problemEntrySchema })),
  })
  .meta({ id: "ExamplesAdded" });

export type Examples = z.infer<typeof examplesSchema>;
export type ExamplesAdded = z.infer<typeof examplesAddedSchema>;
