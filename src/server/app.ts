import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import fastifyCors from "@fastify/cors";
import fastifyHelmet from "@fastify/helmet";
import fastifyMultipart from "@fastify/multipart";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Clip } from "../clip.js";
import { ClipError } from "../errors.js";
import { readAdapters } from "./adapters.js";
import { answerErrors, sendProblem } from "./answer-errors.js";
import type { ServerContext } from "./context.js";
import type { SearchParts } from "./databases/databases.js";
import { openRoom, type SearchRoom } from "./databases/room.js";
import type { ModelStore } from "./downloads.js";
import { ExampleStore } from "./examples/store.js";
import { type Guard, guardRequests, isLocal, needsKey } from "./guard.js";
import type { KeyRecord } from "./keys/keys.js";
import type { KeyStore } from "./keys/store.js";
import { LabelSetStore } from "./label-sets/store.js";
import { LiveRequest } from "./live/upgrade.js";
import { watchMemory } from "./memory.js";
import { Metrics } from "./metrics.js";
import { ModelPool } from "./models.js";
import { type ServerOptions, type ServerOptionsGiven, serverOptionsSchema } from "./options.js";
import { PAGE_POLICY } from "./page-policy.js";
import { problemOf, statusOf } from "./problems.js";
import { hiddenPictures } from "./products/picture-file.js";
import { Shelves } from "./products/shelves.js";
import { assetRoutes } from "./routes/assets.js";
import { classifyRoutes } from "./routes/classify.js";
import { collectionRoutes } from "./routes/collections.js";
import { databaseRoutes } from "./routes/databases.js";
import { docsRoutes } from "./routes/docs.js";
import { downloadRoutes } from "./routes/downloads.js";
import { embeddingsRoutes } from "./routes/embeddings.js";
import { evaluationRoutes } from "./routes/evaluations.js";
import { exampleRoutes } from "./routes/examples.js";
import { healthRoutes } from "./routes/health.js";
import { keyRoutes } from "./routes/keys.js";
import { labelSetRoutes } from "./routes/label-sets.js";
import { acceptSockets, liveRoutes } from "./routes/live.js";
import { modelRoutes } from "./routes/models.js";
import { pageRoutes } from "./routes/page.js";
import { pictureRoutes } from "./routes/pictures.js";
import { pointRoutes } from "./routes/points.js";
import { productRoutes } from "./routes/products.js";
import { recogniseRoutes } from "./routes/recognise.js";
import { serverInfoRoutes } from "./routes/server-info.js";
import { similarityRoutes } from "./routes/similarity.js";
import { uploadRoutes } from "./routes/uploads.js";
import { ShapeDesk } from "./shapes/desk.js";
import { LIMITS } from "./wire/limits.js";
import { parse } from "./wire/parse.js";
import { checkValues, MOST_VALUES } from "./wire/values.js";

/** What a server is made of. Nothing is read from the environment. */
export interface CreateAppOptions {
  readonly settings?: ServerOptionsGiven;
  /** Opens a model by its name; how pictures are read and fetched is its own. */
  readonly open: (model: string) => Promise<Clip>;
  /** Of zeroclip, as /openapi.json says it. */
  readonly version: string;
  /** Folder of this server's label sets. */
  readonly labelSets: string;
  /** Folder of what label sets learnt from pictures. Default: they can't be taught. */
  readonly examples?: string;
  /** The keys there are now; asked for with each request. Default: none. */
  readonly keys?: () => readonly KeyRecord[];
  /** Where its keys may be changed over HTTP. Default: they can't. */
  readonly keyStore?: KeyStore;
  /** Where models lie and how they get there. Default: none is downloaded but by opening it. */
  readonly models?: ModelStore;
  /** Folder of reports of evaluations. Default: nothing is evaluated. */
  readonly reports?: string;
  /** How databases of pictures are opened. Default: none can be served. */
  readonly search?: SearchParts;
  /** More that it answers, behind the same guards: /mcp, for one. */
  readonly routes?: readonly ((app: FastifyInstance, context: ServerContext) => void)[];
  /** Default: nothing is logged. */
  readonly logger?: FastifyBaseLogger;
}

/** A server that does not listen yet: `app.listen`, or `app.inject` in tests. */
export interface ZeroclipServer extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly options: ServerOptions;
  /** True where only this machine can reach it. */
  readonly isLocal: boolean;
  /** True where requests have to show a key now. */
  needsKey(): boolean;
  /** Opens the first model and computes one picture, so that the first request waits for nothing. */
  warm(): Promise<void>;
  /** Takes no more, lets answers in the making end for `drainMs`, then closes. */
  close(): Promise<void>;
}

/** Longest head of a request: a browser's is 2 KB, one with many cookies 8. */
const MOST_HEAD_BYTES = 16_384;

/** How often label sets are looked at for what other servers on the same folder changed, as keys are. */
const OTHERS_EVERY_MS = 1000;

/** Builds a server. Raises `usage.setting` for settings out of range and databases that are not there, `search.*`. */
export async function createApp(given: CreateAppOptions): Promise<ZeroclipServer> {
  const { settings = {} } = given;
  const options = parse(serverOptionsSchema, settings, "the server's settings", "usage.setting");
  const search = await openRoom(options, given.search);
  try {
    const shelves = await Shelves.open(options.catalogues);
    return await build(given, options, search, shelves);
  } catch (error) {
    await search[Symbol.asyncDispose]();
    throw error;
  }
}

async function build(
  given: CreateAppOptions,
  options: ServerOptions,
  search: SearchRoom,
  shelves: Shelves,
): Promise<ZeroclipServer> {
  const closing = new AbortController();
  const metrics = new Metrics();
  const app = Fastify({
    ...(given.logger ? { loggerInstance: given.logger } : { logger: false }),
    // Fastify's own lines hold addresses with their labels; the id is called as in problem details.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    bodyLimit: options.maxBodyBytes,
    requestTimeout: options.bodyTimeoutMs,
    keepAliveTimeout: 65_000,
    trustProxy: options.trustProxy,
    forceCloseConnections: "idle",
    http: {
      IncomingMessage: LiveRequest,
      maxHeaderSize: MOST_HEAD_BYTES,
      headersTimeout: Math.min(options.bodyTimeoutMs, 15_000),
      // Node looks every 30 s by itself: the slow would keep their places for so long.
      connectionsCheckingInterval: Math.max(100, Math.min(options.bodyTimeoutMs / 4, 5000)),
      // Said by us, in the form of all errors.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 400, ignoreTrailingSlash: true },
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
    // What is no HTTP has no request: a plain answer of the same form.
    clientErrorHandler(error, socket) {
      const codes: Record<string, ClipError["code"]> = {
        HPE_HEADER_OVERFLOW: "server.headers",
        ERR_HTTP_REQUEST_TIMEOUT: "server.timeout",
      };
      const known = new ClipError(
        codes[error.code] ?? "usage.request",
        "Expected an HTTP/1.1 request that is whole.",
      );
      if (!socket.writable) return socket.destroy();
      const body = JSON.stringify(problemOf(known, randomUUID()));
      const status = statusOf(known);
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    },
  });
  const pool = new ModelPool({
    models: [
      ...new Set([
        ...options.models,
        ...[...search.databases.list(), ...shelves.list()].map(({ model }) => model),
      ]),
    ],
    open: given.open,
    adapters: readAdapters(options.adapter, options.models),
    maxBytes: options.maxModelBytes,
    queue: options,
    onRun: (model, tower, figures) => metrics.ran(model, tower, figures),
    onLoad: (model, seconds) => app.log.info({ model, seconds }, "model opened"),
    onUnload: (model) => app.log.info({ model }, "model closed"),
  });
  metrics.watch(() => pool);
  const labelSets = await LabelSetStore.open(given.labelSets, (message) => app.log.warn(message));
  const examples = new ExampleStore(given.examples, (message) => app.log.warn(message));
  for (const shelf of shelves.list()) {
    const hidden = await hiddenPictures(shelf, options.pictureFolders);
    if (hidden) app.log.warn(hidden);
  }
  const watching = watchMemory({
    onScarce: (resident, limit) =>
      app.log.warn({ resident, limit, closed: pool.relieve() }, "memory is scarce"),
  });
  const shapes = new ShapeDesk();
  const following = labelSets.follow(OTHERS_EVERY_MS);
  const context: ServerContext = {
    version: given.version,
    options,
    pool,
    labelSets,
    examples,
    search,
    shelves,
    shapes,
    metrics,
    keys: given.keys ?? (() => []),
    ...(given.models ? { models: given.models } : {}),
    closing: closing.signal,
  };
  const guard = guardRequests(app, context);
  await app.register(fastifyHelmet, { contentSecurityPolicy: { directives: PAGE_POLICY }, hsts: false });
  if (options.cors.length > 0)
    await app.register(fastifyCors, {
      origin: options.cors.includes("*") ? "*" : [...options.cors],
      exposedHeaders: ["etag", "retry-after", "x-request-id"],
    });
  await app.register(fastifyMultipart, {
    limits: {
      fileSize: options.maxPictureBytes,
      files: LIMITS.pictures,
      fields: 64,
      fieldSize: 4 * 1024 * 1024,
      fieldNameSize: 100,
      parts: LIMITS.pictures + 64,
    },
  });
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    try {
      checkValues(body as string, MOST_VALUES.body, "the body");
    } catch (error) {
      done(error as ClipError);
      return;
    }
    parseJson(request, body as string, done);
  });
  app.addContentTypeParser(
    /^(?:image\/|model\/|application\/octet-stream)/,
    { parseAs: "buffer" },
    (_, body, done) => done(null, body),
  );
  await acceptSockets(app, context);
  answerErrors(app);
  const state = { warm: false };
  healthRoutes(app, context, state);
  modelRoutes(app, context);
  classifyRoutes(app, context);
  pointRoutes(app, context);
  embeddingsRoutes(app, context);
  similarityRoutes(app, context);
  labelSetRoutes(app, context);
  exampleRoutes(app, context);
  databaseRoutes(app, context);
  pictureRoutes(app, context);
  uploadRoutes(app, context);
  assetRoutes(app, context);
  collectionRoutes(app, context);
  productRoutes(app, context);
  recogniseRoutes(app, context);
  liveRoutes(app, context);
  if (given.keyStore) keyRoutes(app, context, given.keyStore);
  if (given.models) downloadRoutes(app, context, given.models);
  if (given.reports !== undefined) evaluationRoutes(app, context, given.reports);
  docsRoutes(app, context);
  serverInfoRoutes(app, context);
  await pageRoutes(app);
  for (const add of given.routes ?? []) add(app, context);
  const warm = async (): Promise<void> => {
    await pool.use(undefined, async ({ clip }) => {
      const side = clip.model.imageSize;
      const grey = {
        data: new Uint8Array(side * side * 3).fill(128),
        width: side,
        height: side,
        channels: 3,
      } as const;
      const weights = await clip.zeroShotWeights(["picture"]);
      await clip.encodeImages([grey], { labels: weights });
    });
    state.warm = true;
  };
  const close = once(async () => {
    closing.abort();
    await drained(guard, options.drainMs);
    app.server.closeAllConnections();
    await app.close();
    following[Symbol.dispose]();
    watching[Symbol.dispose]();
    await shapes[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
    await search[Symbol.asyncDispose]();
  });
  return {
    app,
    options,
    isLocal: isLocal(options.host),
    needsKey: () => needsKey(context),
    warm,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function drained({ inFlight }: Guard, most: number): Promise<void> {
  const until = performance.now() + most;
  while (inFlight() > 0 && performance.now() < until) await new Promise((next) => setTimeout(next, 20));
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
