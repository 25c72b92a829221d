import { z } from "zod";
import { LIMITS } from "./limits.js";
import { problemEntrySchema } from "./problem.js";

const count = z.int().min(0);
const scopes = z
  .array(z.enum(["read", "write"]))
  .min(1)
  .max(2);

/** A key as it may be shown. */
export const keyInfoSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    scopes: scopes.describe("read asks; write also changes what the server keeps"),
    created: z.iso.datetime(),
    own: z.boolean().describe("it is the one that asks"),
  })
  .meta({ id: "Key" });

export const keyListSchema = z.strictObject({ keys: z.array(keyInfoSchema) }).meta({ id: "KeyList" });

export const keyBodySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(200).describe("who it is for"),
    scopes: scopes.default(["read"]),
  })
  .meta({ id: "KeyBody" });

export const newKeySchema = keyInfoSchema
  .extend({ key: z.string().describe("told this once; only its hash is kept") })
  .meta({ id: "NewKey" });

/** A model on its way to the server's machine. */
export const downloadSchema = z
  .strictObject({
    model: z.string(),
    state: z.enum(["running", "done", "failed", "cancelled"]),
    file: z.string().optional(),
    received: count.describe("bytes of this file"),
    total: count.optional().describe("bytes of this file; absent until it is known"),
    bytesPerSecond: z.number().optional(),
    error: problemEntrySchema.optional(),
  })
  .meta({ id: "Download" });

export const downloadListSchema = z
  .strictObject({ downloads: z.array(downloadSchema) })
  .meta({ id: "DownloadList" });

export const downloadBodySchema = z
  .strictObject({ model: z.string().min(1).max(LIMITS.model).describe("one of /v1/models") })
  .meta({ id: "DownloadBody" });

/** Prompts of an evaluation: the model's own, or a domain's. */
export const OWN_PROMPTS = "model";

export const evaluationBodySchema = z
  .strictObject({
    folder: z.string().min(1).max(1000).describe("one of /v1/evaluations/folders, or a folder below it"),
    models: z
      .array(z.string().min(1).max(LIMITS.model))
      .min(1)
      .max(8)
      .optional()
      .describe("of /v1/models; default: the first"),
    prompts: z
      .array(z.string().min(1).max(60))
      .min(1)
      .max(8)
      .default([OWN_PROMPTS])
      .describe("one by one: model (its own), or a domain's"),
    labelSet: z.string().min(1).max(64).optional().describe("the classes are labels of this set"),
  })
  .meta({ id: "EvaluationBody" });

export const evaluationSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(["running", "done", "failed", "cancelled"]),
    created: z.iso.datetime(),
    // By a name of its own: what was asked has its defaults.
    asked: z
      .strictObject(evaluationBodySchema.shape)
      .meta({ id: "EvaluationAsked" })
      .optional()
      .describe("absent of reports that `zeroclip eval --report` wrote"),
    progress: z
      .strictObject({
        stage: z.enum(["reading", "measuring", "report"]),
        model: z.string().optional(),
        done: count,
        total: count.optional(),
      })
      .optional()
      .describe("while it runs"),
    figures: z
      .array(
        z.strictObject({
          model: z.string(),
          prompts: z.string(),
          images: count,
          classes: count,
          top1: z.number().describe("share, 0..1"),
          top5: z.number(),
          imagesPerSecond: z.number().nullable(),
        }),
      )
      .optional(),
    report: z.string().optional().describe("address of the report, which works without a key for an hour"),
    error: problemEntrySchema.optional(),
  })
  .meta({ id: "Evaluation" });

export const evaluationListSchema = z
  .strictObject({
    allowed: z.boolean().describe("whether evaluations may be started (--eval-folders)"),
    evaluations: z.array(evaluationSchema),
  })
  .meta({ id: "EvaluationList" });

export const evaluationFoldersSchema = z
  .strictObject({ folders: z.array(z.string()) })
  .meta({ id: "EvaluationFolders" });

export type KeyInfo = z.infer<typeof keyInfoSchema>;
export type NewKey = z.infer<typeof newKeySchema>;
/** @public What a client sends. */
export type KeyBody = z.input<typeof keyBodySchema>;
export type Download = z.infer<typeof downloadSchema>;
/** @public What a client sends. */
export type EvaluationBody = z.input<typeof evaluationBodySchema>;
export type EvaluationAsked = z.output<typeof evaluationBodySchema>;
export type Evaluation = z.infer<typeof evaluationSchema>;
export type EvaluationList = z.infer<typeof evaluationListSchema>;
