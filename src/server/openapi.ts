import { z } from "zod";
import { classifyOptionsSchema, classifyRequestSchema, classifyResponseSchema } from "./wire/classify.js";
import { embeddingsRequestSchema, embeddingsResponseSchema } from "./wire/embeddings.js";
import {
  labelSetBodySchema,
  labelSetInfoSchema,
  labelSetListSchema,
  labelSetPatchSchema,
  labelSetSchema,
} from "./wire/labels.js";
import {
  downloadBodySchema,
  downloadListSchema,
  downloadSchema,
  evaluationBodySchema,
  evaluationFoldersSchema,
  evaluationListSchema,
  evaluationSchema,
  keyBodySchema,
  keyListSchema,
  newKeySchema,
} from "./wire/manage.js";
import {
  modelListSchema,
  modelSchema,
  similarityRequestSchema,
  similarityResponseSchema,
} from "./wire/models.js";
import { problemSchema } from "./wire/problem.js";
import { serverInfoSchema } from "./wire/server-info.js";

type Json = Record<string, unknown>;

/** One thing that can be asked of a server. */
interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Json[];
  /** Forms of the body by media type. */
  readonly body?: Readonly<Record<string, z.ZodType | Json>>;
  readonly status?: number;
  readonly answer?: z.ZodType;
  readonly scope?: "write";
}

const NAME = { name: "name", in: "path", required: true, schema: { type: "string" } };
const ID = { name: "id", in: "path", required: true, schema: { type: "string" } };
const IF_MATCH = {
  name: "If-Match",
  in: "header",
  schema: { type: "string" },
  description: "the ETag of the version that is changed: 412 where another one is the newest",
};

/** The form of /v1/classify: files, and every option as a field. */
const FORM: Json = {
  type: "object",
  properties: {
    image: {
      type: "array",
      items: { type: "string", format: "binary" },
      description: "one or more files, under any name",
    },
    ...Object.fromEntries(
      Object.keys(classifyOptionsSchema.shape).map((name) => [
        name,
        name === "labels"
          ? { type: "string", description: "words between commas, or a JSON list" }
          : { type: "string" },
      ]),
    ),
  },
};

const RAW: Json = {
  type: "string",
  format: "binary",
  description: "one picture; options are in the address",
};

const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/classify",
    tag: "Classify",
    summary: "Say which labels fit pictures",
    description:
      "Pictures as JSON, as a form with files, or one as the body. A picture that can't be read has an error entry beside the others' answers; where none can be read the status is 4xx and `results` holds each one's error.",
    body: {
      "application/json": classifyRequestSchema,
      "multipart/form-data": FORM,
      "image/jpeg": RAW,
      "image/png": RAW,
      "image/webp": RAW,
    },
    answer: classifyResponseSchema,
  },
  {
    method: "get",
    path: "/v1/live",
    tag: "Classify",
    summary: "Live frames over a WebSocket",
    description:
      'Upgrade: websocket, subprotocol `zeroclip.live`; pages offer their key as a second one, `zeroclip.key.zc_…`. The first message is `{"type": "start", "labels": […]}`; docs/live.md has all of them.',
    status: 101,
  },
  {
    method: "post",
    path: "/v1/embeddings",
    tag: "Embeddings",
    summary: "Turn texts and pictures into vectors, as OpenAI's API has it",
    description:
      "Pictures: a data URL as an input string, `{image}` objects as Jina has them, `modality: image` as infinity has it, or `messages` with an `image_url` part as vLLM has it.",
    body: { "application/json": embeddingsRequestSchema },
    answer: embeddingsResponseSchema,
  },
  {
    method: "post",
    path: "/v1/similarity",
    tag: "Embeddings",
    summary: "Compare pictures and texts with each other",
    body: { "application/json": similarityRequestSchema },
    answer: similarityResponseSchema,
  },
  {
    method: "get",
    path: "/v1/models",
    tag: "Models",
    summary: "Models that may be asked for",
    answer: modelListSchema,
  },
  {
    method: "get",
    path: "/v1/models/{model}",
    tag: "Models",
    summary: "One model",
    parameters: [{ name: "model", in: "path", required: true, schema: { type: "string" } }],
    answer: modelSchema,
  },
  {
    method: "get",
    path: "/v1/label-sets",
    tag: "Label sets",
    summary: "All label sets",
    answer: labelSetListSchema,
  },
  {
    method: "post",
    path: "/v1/label-sets",
    tag: "Label sets",
    summary: "Create a label set",
    body: { "application/json": labelSetBodySchema.extend({ name: z.string() }) },
    status: 201,
    answer: labelSetInfoSchema,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/label-sets/{name}",
    tag: "Label sets",
    summary: "A label set, its newest version or an older one",
    parameters: [NAME, { name: "version", in: "query", schema: { type: "integer", minimum: 1 } }],
    answer: labelSetSchema,
  },
  {
    method: "get",
    path: "/v1/label-sets/{name}/versions",
    tag: "Label sets",
    summary: "Versions that are kept",
    parameters: [NAME],
    answer: z.strictObject({ versions: z.array(z.int()) }),
  },
  {
    method: "put",
    path: "/v1/label-sets/{name}",
    tag: "Label sets",
    summary: "Create a label set or replace all of it",
    parameters: [NAME, IF_MATCH],
    body: { "application/json": labelSetBodySchema },
    answer: labelSetInfoSchema,
    scope: "write",
  },
  {
    method: "patch",
    path: "/v1/label-sets/{name}",
    tag: "Label sets",
    summary: "Add, replace and remove labels: only new words are computed",
    parameters: [NAME, IF_MATCH],
    body: { "application/json": labelSetPatchSchema },
    answer: labelSetInfoSchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/label-sets/{name}",
    tag: "Label sets",
    summary: "Remove a label set with all its versions",
    parameters: [NAME, IF_MATCH],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/downloads",
    tag: "Models",
    summary: "Models on their way to the server's machine",
    answer: downloadListSchema,
  },
  {
    method: "post",
    path: "/v1/downloads",
    tag: "Models",
    summary: "Download a model that is served; one at a time",
    body: { "application/json": downloadBodySchema },
    status: 202,
    answer: downloadSchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/downloads/{model}",
    tag: "Models",
    summary: "End a download",
    parameters: [{ name: "model", in: "path", required: true, schema: { type: "string" } }],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/evaluations",
    tag: "Evaluations",
    summary: "The evaluation that runs, and all reports, the newest first",
    answer: evaluationListSchema,
  },
  {
    method: "get",
    path: "/v1/evaluations/folders",
    tag: "Evaluations",
    summary: "Folders of labelled pictures that may be evaluated",
    answer: evaluationFoldersSchema,
  },
  {
    method: "post",
    path: "/v1/evaluations",
    tag: "Evaluations",
    summary: "Evaluate models on a folder with one folder a class; one at a time",
    description:
      "Needs --eval-folders. Its pictures wait as bulk work; GET /v1/evaluations says how far it is.",
    body: { "application/json": evaluationBodySchema },
    status: 202,
    answer: evaluationSchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/evaluations/{id}",
    tag: "Evaluations",
    summary: "End an evaluation that runs, or remove a report",
    parameters: [ID],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/evaluations/{id}/report",
    tag: "Evaluations",
    summary: "The report as a page; `report` of an evaluation is its address, which needs no key for an hour",
    parameters: [
      ID,
      { name: "until", in: "query", required: true, schema: { type: "integer" } },
      { name: "mark", in: "query", required: true, schema: { type: "string" } },
    ],
  },
  {
    method: "get",
    path: "/v1/keys",
    tag: "Keys",
    summary: "Keys there are, without themselves",
    answer: keyListSchema,
    scope: "write",
  },
  {
    method: "post",
    path: "/v1/keys",
    tag: "Keys",
    summary: "Make a key: it is told once",
    body: { "application/json": keyBodySchema },
    status: 201,
    answer: newKeySchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/keys/{id}",
    tag: "Keys",
    summary: "Take a key away",
    parameters: [ID],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/server",
    tag: "Watching",
    summary: "Version, limits and what else a client may want to know",
    answer: serverInfoSchema,
  },
  { method: "get", path: "/healthz", tag: "Watching", summary: "Whether the process lives" },
  { method: "get", path: "/readyz", tag: "Watching", summary: "Whether the first model is open" },
  { method: "get", path: "/metrics", tag: "Watching", summary: "Figures in Prometheus' text format" },
];

/** The OpenAPI 3.1 document of a server. */
export function openApi(version: string, keys: boolean): Json {
  const schemas: Json = {};
  const schemaOf = (schema: z.ZodType | Json, io: "input" | "output"): Json =>
    schema instanceof z.ZodType ? referred(schema, io, schemas) : schema;
  const problem = { "application/problem+json": { schema: schemaOf(problemSchema, "output") } };
  const paths: Record<string, Json> = {};
  for (const {
    method,
    path,
    tag,
    summary,
    description,
    parameters,
    body,
    status = 200,
    answer,
    scope,
  } of OPERATIONS) {
    paths[path] ??= {};
    paths[path][method] = {
      tags: [tag],
      summary,
      operationId: `${method}_${path.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^_|_$/g, "")}`,
      ...(description ? { description } : {}),
      ...(parameters ? { parameters } : {}),
      ...(keys && tag !== "Watching" ? { security: [{ key: scope ? [scope] : [] }] } : {}),
      ...(body
        ? {
            requestBody: {
              required: true,
              content: Object.fromEntries(
                Object.entries(body).map(([type, schema]) => [type, { schema: schemaOf(schema, "input") }]),
              ),
            },
          }
        : {}),
      responses: {
        [status]: {
          description: "done",
          ...(answer ? { content: { "application/json": { schema: schemaOf(answer, "output") } } } : {}),
        },
        default: { description: "what is wrong (RFC 9457)", content: problem },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "zeroclip",
      version,
      description: "Give it pictures and words, it says which words fit.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: { schemas, securitySchemes: { key: { type: "http", scheme: "bearer" } } },
  };
}

/** A schema as JSON Schema; those with a name go into `schemas` and are referred to. */
function referred(schema: z.ZodType, io: "input" | "output", schemas: Json): Json {
  const {
    $schema: _,
    $defs,
    ...made
  } = z.toJSONSchema(schema, { target: "draft-2020-12", io, reused: "inline" }) as Json & {
    $defs?: Json;
  };
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        if (key === "$ref" && typeof inner === "string")
          return [[key, inner.replace("#/$defs/", "#/components/schemas/")]];
        return key === "id" && typeof inner === "string" ? [] : [[key, moved(inner)]];
      }),
    );
  };
  for (const [name, inner] of Object.entries($defs ?? {})) schemas[name] ??= moved(inner);
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) return moved(made) as Json;
  schemas[id] ??= moved(made);
  return { $ref: `#/components/schemas/${id}` };
}
