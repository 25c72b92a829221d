import { z } from "zod";

/** What a client may want to know of a server before it asks. */
export const serverInfoSchema = z
  .strictObject({
    version: z.string().describe("of zeroclip"),
    needsKey: z.boolean(),
    fetchUrls: z.boolean().describe("whether pictures may be http(s) addresses"),
    domains: z.array(z.string()).describe("kinds of pictures that have templates of their own"),
    limits: z.strictObject({
      pictures: z.int().describe("a request"),
      pictureBytes: z.int().describe("one encoded picture"),
      bodyBytes: z.int().describe("a request's body"),
      pixels: z.int().describe("one decoded picture"),
      inlineLabels: z.int().describe("written into a request"),
      queueMs: z.number().describe("where the wait would be longer, 429"),
    }),
  })
  .meta({ id: "Server" });

/** What /healthz and /readyz answer. */
export const healthSchema = z
  .strictObject({ status: z.enum(["ok", "ready", "warming up", "closing"]) })
  .meta({ id: "Health" });

export type ServerInfo = z.infer<typeof serverInfoSchema>;
