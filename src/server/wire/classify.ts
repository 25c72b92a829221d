import { z } from "zod";
import { labelInputSchema } from "./labels.js";
import { LIMITS } from "./limits.js";
import { problemEntrySchema, problemSchema, warningSchema } from "./problem.js";

/** A picture in JSON: a data URL, an address (where the server allows them), or base64 in an object. */
export const pictureSchema = z
  .union([
    z.string().min(1).describe("a data URL, or an http(s) address where the server fetches them"),
    z.strictObject({
      data: z.string().min(1).describe("base64, or a data URL"),
      name: z.string().max(LIMITS.words).optional().describe("what answers call it"),
    }),
    z.strictObject({
      url: z.string().min(1).describe("a data URL, or an http(s) address where the server fetches them"),
      name: z.string().max(LIMITS.words).optional(),
    }),
  ])
  .meta({ id: "Picture" });

/** What both the JSON body and the fields of a form may ask. */
export const classifyOptionsSchema = z.strictObject({
  labels: z
    .array(labelInputSchema)
    .min(1)
    .max(LIMITS.inlineLabels)
    .optional()
    .describe("labels of this request alone; with neither these nor a set: those of the model's adapter"),
  labelSet: z.string().min(1).max(64).optional().describe("name of a set on the server, or of a ready one"),
  level: z.int().min(1).max(100).optional().describe("labels of this level of a set; 1 is the top"),
  sum: z.boolean().optional().describe("with level: probabilities of all labels under it, added up"),
  lang: z.string().max(35).optional().describe("language of names in answers"),
  promptLang: z
    .string()
    .max(35)
    .optional()
    .describe(
      "language that the model is asked in, by the set's translations; its examples don't count then",
    ),
  model: z.string().min(1).max(LIMITS.model).optional().describe("default: the server's first model"),
  domain: z
    .union([z.string(), z.array(z.string()).max(50)])
    .optional()
    .describe("kinds of pictures whose templates are used"),
  templates: z.array(z.string().min(1).max(LIMITS.words)).max(LIMITS.templates).optional(),
  views: z.enum(["center", "flip", "five", "multi-scale", "tiles"]).optional(),
  viewMode: z.enum(["average", "best"]).optional(),
  top: z.int().min(1).max(LIMITS.setLabels).optional().describe("predictions a picture; default: all"),
  abstain: z
    .union([z.number(), z.literal("auto")])
    .optional()
    .describe("below this: none of these"),
  abstainBy: z.enum(["probability", "energy", "similarity", "negative"]).optional(),
  coverage: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("also the set of labels that holds the true one this often"),
  perLabel: z.boolean().optional(),
  uncertainty: z.boolean().optional().describe("also entropy and margin"),
  independent: z.boolean().optional().describe("any number of labels may hold, each by itself"),
  priority: z
    .enum(["interactive", "bulk"])
    .optional()
    .describe("bulk waits for interactive; default interactive"),
});

export const classifyRequestSchema = classifyOptionsSchema
  .extend({
    image: pictureSchema.optional(),
    images: z.array(pictureSchema).min(1).max(LIMITS.pictures).optional(),
  })
  .meta({ id: "ClassifyRequest" });

export const predictionSchema = z
  .strictObject({
    label: z.string(),
    probability: z.number().min(0).max(1),
    similarity: z.number().min(-1).max(1),
    holds: z.boolean().optional().describe("with independent: from the label's threshold on"),
    id: z.string().optional(),
    above: z.array(z.string()).optional().describe("labels above it, the top first"),
  })
  .meta({ id: "Prediction" });

export const classifiedSchema = z
  .strictObject({
    image: z.string().describe("its name, or its position as #0"),
    predictions: z.array(predictionSchema).describe("most probable first; empty where there is an error"),
    calibrated: z
      .enum(["none", "default", "scale", "fitted"])
      .optional()
      .describe(
        "where the probabilities come from: the model's own scale, one measured on other sets, that of a calibration for other labels or prompts, a calibration for these",
      ),
    scoring: z
      .literal("sigmoid")
      .optional()
      .describe("each probability is its label's own: they need not sum to 1; absent: shares of the labels"),
    abstained: z.boolean().optional(),
    set: z.array(z.string()).optional(),
    entropy: z.number().optional(),
    margin: z.number().optional(),
    error: problemEntrySchema.optional(),
  })
  .meta({ id: "Classified" });

export const classifyResponseSchema = z
  .strictObject({
    model: z.string(),
    labelSet: z.strictObject({ name: z.string(), version: z.int() }).optional(),
    results: z.array(classifiedSchema),
    warnings: z.array(warningSchema).optional(),
  })
  .meta({ id: "ClassifyResponse" });

/** Where no picture could be read each one's error is told, too. */
export const classifyProblemSchema = problemSchema
  .extend({ results: z.array(classifiedSchema).optional() })
  .meta({ id: "ClassifyProblem" });

export type Picture = z.infer<typeof pictureSchema>;
export type ClassifyAsked = z.infer<typeof classifyOptionsSchema>;
/** @public What a client sends. */
export type ClassifyRequest = z.infer<typeof classifyRequestSchema>;
export type ClassifyResponse = z.infer<typeof classifyResponseSchema>;
export type Classified = z.infer<typeof classifiedSchema>;
