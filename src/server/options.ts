import { z } from "zod";

const mebibytes = 1024 * 1024;

/** As browsers write it: scheme and host in small letters, no path; or * for all. */
const ORIGIN = /^(?:\*|[a-z][a-z0-9+.-]*:\/\/[^/?#@\sA-Z]+)$/;

/** All settings of a server, with their defaults. docs/server.md shows them in one table with flags and variables. */
export const serverOptionsSchema = z.strictObject({
  host: z.string().min(1).max(255).default("127.0.0.1").describe("address to listen on"),
  port: z.int().min(0).max(65_535).default(8765).describe("0: any free one"),
  models: z
    .array(z.string().min(1).max(300))
    .min(1)
    .max(50)
    .default(["starter"])
    .describe("models that may be asked for, the default first"),
  adapter: z
    .array(z.string().min(1).max(4096))
    .max(50)
    .default([])
    .describe("files of zeroclip fewshot: each answers for the model that it was fitted on"),
  preload: z.boolean().default(true).describe("open the first model before /readyz says yes"),
  maxModelBytes: z
    .int()
    .min(mebibytes)
    .default(4096 * mebibytes)
    .describe("weights in memory; the model used longest ago is closed above it"),
  maxBatch: z.int().min(1).max(256).default(16).describe("pictures a run of the model"),
  maxWaitMs: z
    .number()
    .min(0)
    .max(1000)
    .default(5)
    .describe("longest wait for those who were answered together to ask again"),
  maxRunMs: z
    .number()
    .min(1)
    .max(60_000)
    .default(250)
    .describe("of slow models fewer pictures are taken at once"),
  maxQueueMs: z.number().min(1).max(600_000).default(5000).describe("where the wait would be longer, 429"),
  maxQueueBytes: z
    .int()
    .min(mebibytes)
    .default(256 * mebibytes)
    .describe("pictures that wait"),
  maxBodyBytes: z
    .int()
    .min(1024)
    .default(64 * mebibytes)
    .describe("a request's body"),
  maxPictureBytes: z
    .int()
    .min(1024)
    .default(20 * mebibytes)
    .describe("one encoded picture"),
  maxPixels: z.int().min(1).default(50_000_000).describe("one decoded picture"),
  maxPrompts: z.int().min(1).default(200_000).describe("labels times templates of a request's set"),
  maxInFlight: z.int().min(1).default(512).describe("requests at the same time; above it 429"),
  maxBodiesBytes: z
    .int()
    .min(1024)
    .default(512 * mebibytes)
    .describe("bodies of all requests at the same time; above it 429"),
  maxConnections: z.int().min(1).default(4096).describe("open connections; above it new ones are closed"),
  bodyTimeoutMs: z.int().min(100).default(30_000).describe("for headers and body to arrive"),
  requestTimeoutMs: z.int().min(100).default(60_000).describe("for an answer"),
  maxStreams: z.int().min(0).default(64).describe("live streams at the same time; above it 429"),
  maxClientStreams: z.int().min(0).default(8).describe("live streams of one key, or of one address"),
  maxStreamFps: z.number().min(1).max(120).default(30).describe("frames a second of a live stream"),
  maxStreamBytes: z
    .int()
    .min(1024)
    .max(64 * mebibytes)
    .default(4 * mebibytes)
    .describe("one message of a live stream"),
  streamIdleMs: z.int().min(100).default(60_000).describe("a live stream without a message is closed"),
  drainMs: z.int().min(0).default(10_000).describe("for answers in the making when the server ends"),
  fetchUrls: z
    .boolean()
    .default(false)
    .describe("fetch pictures by http(s) address; private addresses stay refused"),
  fetchAllowHosts: z.array(z.string().max(255)).max(1000).default([]).describe("hosts that may be private"),
  evalFolders: z
    .array(z.string().min(1).max(4096))
    .max(100)
    .default([])
    .describe("folders of labelled pictures that may be evaluated from the page, and what is below them"),
  databases: z
    .array(z.string().min(1).max(4096))
    .max(50)
    .default([])
    .describe("databases of pictures that may be searched, as name=address, the default first"),
  pictureFolders: z
    .array(z.string().min(1).max(4096))
    .max(100)
    .default([])
    .describe("folders whose pictures may be shown; without any those that a database's files lie in"),
  showPaths: z.boolean().default(false).describe("tell whole paths of pictures"),
  uploads: z
    .string()
    .max(4096)
    .default("")
    .describe("folder for pictures that are added over HTTP; without one they can't be"),
  trash: z.boolean().default(false).describe("let duplicates be moved to a trash folder beside the database"),
  catalogues: z
    .array(z.string().min(1).max(4096))
    .max(50)
    .default([])
    .describe("catalogues of products, as name=folder, the default first"),
  cors: z
    .array(z.string().max(300).regex(ORIGIN, "Expected an origin such as https://shop.example, or *"))
    .max(100)
    .default([])
    .describe("origins whose pages may call; * for all"),
  hosts: z
    .array(z.string().max(255))
    .max(100)
    .default([])
    .describe(
      "names this server is reached by beside its address: others are refused while it is on loopback",
    ),
  auth: z
    .enum(["auto", "required", "none"])
    .default("auto")
    .describe("auto: required once there is a key, or beyond loopback"),
  metrics: z.boolean().default(true).describe("serve /metrics"),
  trustProxy: z.boolean().default(false).describe("take a client's address from X-Forwarded-For"),
});

export type ServerOptions = z.output<typeof serverOptionsSchema>;
export type ServerOptionsGiven = z.input<typeof serverOptionsSchema>;
