import { z } from "zod";
import { pictureSchema } from "./classify.js";
import { LIMITS } from "./limits.js";
import { problemEntrySchema } from "./problem.js";

export const modelSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal("model"),
    created: z.int().describe("seconds since 1970 when this server first opened it; 0 before"),
    owned_by: z.literal("zeroclip"),
    default: z.boolean(),
    loaded: z.boolean(),
    present: z.boolean().optional().describe("its files are on the server's machine; absent: not known"),
    memoryBytes: z
      .int()
      .optional()
      .describe("its weights in memory, estimated from their number and precision"),
    precision: z.enum(["fp32", "fp16", "int8", "mixed"]).optional(),
    device: z.string().optional(),
    dim: z.int().optional(),
    shorterDims: z
      .array(z.int())
      .optional()
      .describe("lengths that /v1/embeddings cuts vectors to where it is asked for them"),
    imageSize: z.int().optional(),
    contextLength: z.int().optional(),
    revision: z.string().optional(),
    templates: z.array(z.string()).optional(),
    scoring: z
      .enum(["softmax", "sigmoid"])
      .optional()
      .describe("softmax: probabilities are shares of the labels; sigmoid: each label's own"),
    languages: z
      .array(z.string())
      .optional()
      .describe("that texts may be in, where that is known; mul: a hundred and more"),
    adapter: z
      .strictObject({
        name: z.string(),
        method: z.string(),
        labels: z.int(),
        pictures: z.int().describe("that it learnt from"),
      })
      .optional()
      .describe("what it was taught (--adapter): its answers are changed by it"),
  })
  .meta({ id: "Model" });

export const modelListSchema = z
  .strictObject({ object: z.literal("list"), data: z.array(modelSchema) })
  .meta({ id: "ModelList" });

export const similarityRequestSchema = z
  .strictObject({
    model: z.string().min(1).max(LIMITS.model).optional(),
    images: z.array(pictureSchema).max(LIMITS.pictures).default([]),
    texts: z.array(z.string().min(1).max(LIMITS.text)).max(LIMITS.texts).default([]),
    priority: z.enum(["interactive", "bulk"]).optional(),
  })
  .meta({ id: "SimilarityRequest" });

/** Cosines of all pictures and texts, in that order, with each other. */
export const similarityResponseSchema = z
  .strictObject({
    model: z.string(),
    items: z.array(
      z.strictObject({
        kind: z.enum(["image", "text"]),
        name: z.string(),
        error: problemEntrySchema.optional(),
      }),
    ),
    similarity: z
      .array(z.array(z.number().nullable()))
      .describe("[items][items]; null beside a broken picture"),
  })
  .meta({ id: "SimilarityResponse" });

export type ModelEntry = z.infer<typeof modelSchema>;
/** @public What a client sends. */
export type SimilarityRequest = z.input<typeof similarityRequestSchema>;
export type SimilarityResponse = z.infer<typeof similarityResponseSchema>;
