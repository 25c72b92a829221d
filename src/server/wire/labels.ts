import { z } from "zod";
import { LIMITS } from "./limits.js";

const words = z.string().min(1).max(LIMITS.words);

/** One label as label set files have it; a plain word stands for its name. */
export const labelSchema = z
  .strictObject({
    id: words.optional().describe("what data sets and shelves call it; default: its name"),
    name: words.describe("what goes into the prompts, and what answers call it"),
    aliases: z.array(words).max(100).optional().describe("other words for the same"),
    description: words.optional().describe("one more prompt: name, description"),
    prompts: z.array(words).max(LIMITS.templates).optional().describe("whole prompts of its own"),
    translations: z.record(z.string().max(35), words).optional().describe("its name by language code"),
    parent: words.optional().describe("id of the label above it"),
  })
  .meta({ id: "Label" });

export const labelInputSchema = z.union([words, labelSchema]);

/** An id, or, as in files of label sets, a label of its own that is put at the end. */
const noneSchema = z.union([words, labelSchema]);

/** A label set as it is written. */
export const labelSetBodySchema = z
  .strictObject({
    description: words.optional().describe("a sentence for people"),
    labels: z.array(labelInputSchema).min(1).max(LIMITS.setLabels),
    none: noneSchema.optional().describe('the label that stands for "none of these": its id, or itself'),
  })
  .meta({ id: "LabelSetBody" });

/** A change of some labels; what it does not name stays. */
export const labelSetPatchSchema = z
  .strictObject({
    description: z.string().max(LIMITS.words).optional(),
    add: z.array(labelInputSchema).max(LIMITS.setLabels).optional().describe("new labels, put at the end"),
    replace: z.array(labelSchema).max(LIMITS.setLabels).optional().describe("labels by their id"),
    remove: z.array(words).max(LIMITS.setLabels).optional().describe("ids"),
    none: words.nullable().optional(),
  })
  .meta({ id: "LabelSetPatch" });

/** A label set's name: what can stand in an address and a file's name on every system. */
export const setNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "Expected 1 to 64 of a-z, 0-9, dot, dash and underscore")
  .meta({ id: "LabelSetName" });

export const labelSetInfoSchema = z
  .strictObject({
    name: z.string(),
    version: z.int().min(1).describe("1 at first, one more with each change; of ready sets always 1"),
    description: z.string(),
    labels: z.int().describe("how many there are"),
    ready: z.boolean().describe("true: it ships with zeroclip and can't be changed"),
    languages: z.array(z.string()).describe("codes of the languages that names are translated into"),
    updated: z.iso.datetime().optional(),
  })
  .meta({ id: "LabelSetInfo" });

export const labelSetSchema = z
  .strictObject({
    name: z.string(),
    version: z.int().min(1),
    description: z.string(),
    labels: z.array(labelSchema.extend({ id: words })),
    none: words.optional(),
    ready: z.boolean(),
    updated: z.iso.datetime().optional(),
  })
  .meta({ id: "LabelSet" });

export const labelSetListSchema = z
  .strictObject({ labelSets: z.array(labelSetInfoSchema) })
  .meta({ id: "LabelSetList" });

export type LabelBody = z.infer<typeof labelInputSchema>;
export type LabelSetBody = z.infer<typeof labelSetBodySchema>;
export type LabelSetPatch = z.infer<typeof labelSetPatchSchema>;
export type LabelSetInfo = z.infer<typeof labelSetInfoSchema>;
export type WireLabelSet = z.infer<typeof labelSetSchema>;
