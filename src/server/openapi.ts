import { z } from "zod";
import type { Json } from "./openapi-forms.js";
import { OPERATIONS } from "./openapi-operations.js";
import { problemSchema } from "./wire/problem.js";

/** The OpenAPI 3.1 document of a server. */
export function openApi(version: string, keys: boolean): Json {
  const schemas: Json = {};
  const schemaOf = (schema: z.ZodType | Json, io: "input" | "output"): Json =>
    schema instanceof z.ZodType ? referred(schema, io, schemas) : schema;
  const json = (schema: z.ZodType): Json => ({ "application/json": { schema: schemaOf(schema, "output") } });
  const problemOf = (schema: z.ZodType): Json => ({
    "application/problem+json": { schema: schemaOf(schema, "output") },
  });
  const alsoOf = (status: number, schema: z.ZodType | undefined): Json => {
    if (!schema) return { description: status === 304 ? "as it was" : "done, in part" };
    const wrong = status >= 400;
    return {
      description: wrong ? "what is wrong" : "not yet",
      content: { ...json(schema), ...(wrong ? problemOf(problemSchema) : {}) },
    };
  };
  const paths: Record<string, Json> = {};
  for (const {
    method,
    path,
    tag,
    summary,
    description,
    parameters,
    example,
    body,
    status = 200,
    answer,
    bytes,
    also = {},
    problem,
    versioned,
    scope,
    open,
  } of OPERATIONS) {
    const content = {
      ...(answer ? json(answer) : {}),
      ...Object.fromEntries((bytes ?? []).map((type) => [type, { schema: { type: "string" } }])),
    };
    paths[path] ??= {};
    paths[path][method] = {
      tags: [tag],
      summary,
      operationId: `${method}_${path.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^_|_$/g, "")}`,
      ...(description ? { description } : {}),
      ...(parameters ? { parameters } : {}),
      ...(keys && !open
        ? { security: ["key", "header"].map((way) => ({ [way]: scope ? [scope] : [] })) }
        : {}),
      ...(body
        ? {
            requestBody: {
              required: true,
              content: Object.fromEntries(
                Object.entries(body).map(([type, schema]) => [
                  type,
                  {
                    schema: schemaOf(schema, "input"),
                    ...(example && type === "application/json" ? { example } : {}),
                  },
                ]),
              ),
            },
          }
        : {}),
      responses: {
        [status]: {
          description: "done",
          ...(versioned ? { headers: { ETag: { schema: { type: "string" } } } } : {}),
          ...(Object.keys(content).length > 0 ? { content } : {}),
        },
        ...Object.fromEntries(
          Object.entries(also).map(([other, schema]) => [other, alsoOf(Number(other), schema)]),
        ),
        default: { description: "what is wrong (RFC 9457)", content: problemOf(problem ?? problemSchema) },
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
    components: {
      schemas,
      securitySchemes: {
        key: { type: "http", scheme: "bearer" },
        header: { type: "apiKey", in: "header", name: "X-Api-Key" },
      },
    },
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
