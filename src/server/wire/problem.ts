import { z } from "zod";

/** What is wrong with one picture of several. */
export const problemEntrySchema = z
  .strictObject({ code: z.string(), message: z.string() })
  .meta({ id: "ItemError" });

export const warningSchema = z
  .strictObject({ code: z.string(), message: z.string() })
  .meta({ id: "Warning" });

/** RFC 9457 problem details, with zeroclip's stable code, and `error` as clients of OpenAI's API read it. */
export const problemSchema = z
  .strictObject({
    type: z.string().describe("about:blank: the code says what it is"),
    title: z.string().describe("the status in words"),
    status: z.int(),
    detail: z.string().describe("one sentence: what was expected and what came"),
    code: z.string().describe("stable, as in docs/errors.md"),
    requestId: z.string(),
    error: z.strictObject({
      message: z.string(),
      type: z.string(),
      code: z.string(),
      param: z.string().nullable(),
    }),
  })
  .meta({ id: "Problem" });

export type Problem = z.infer<typeof problemSchema>;
