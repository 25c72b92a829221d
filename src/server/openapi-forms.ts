import type { z } from "zod";
import { classifyOptionsSchema } from "./wire/classify.js";

export type Json = Record<string, unknown>;

/** One thing that can be asked of a server. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Json[];
  /** A JSON body that is answered as it stands. */
  readonly example?: Json;
  /** Forms of the body by media type. */
  readonly body?: Readonly<Record<string, z.ZodType | Json>>;
  readonly status?: number;
  readonly answer?: z.ZodType;
  /** Media types of an answer that is no JSON. */
  readonly bytes?: readonly string[];
  /** JSON that is answered with other statuses; `undefined`: nothing is. */
  readonly also?: Readonly<Record<number, z.ZodType | undefined>>;
  /** What is wrong, where more is told than with others. */
  readonly problem?: z.ZodType;
  /** Answers name the version that they tell by an ETag. */
  readonly versioned?: true;
  readonly scope?: "write";
  /** Asked without a key. */
  readonly open?: true;
}

const FILES: Json = {
  type: "array",
  items: { type: "string", format: "binary" },
  description: "one or more files, under any name",
};

/** The form of /v1/classify: files, and every option as a field. */
export const FORM: Json = {
  type: "object",
  properties: {
    image: FILES,
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

/** Pictures of one label. */
export const EXAMPLES_FORM: Json = {
  type: "object",
  required: ["label"],
  properties: { image: FILES, label: { type: "string" }, model: { type: "string" } },
};

/** The form's fields in the address, where the body is one picture. */
export const IN_ADDRESS: readonly Json[] = Object.keys(classifyOptionsSchema.shape).map((name) => ({
  name,
  in: "query",
  schema: { type: "string" },
  description: "where the body is a picture; else it is of the body",
}));

export const IF_NONE_MATCH: Json = {
  name: "If-None-Match",
  in: "header",
  schema: { type: "string" },
  description: "an ETag: 304 without a body where it is still that of the answer",
};

/** A picture's media types, as far as they are known before. */
export const PICTURE_TYPES = ["image/*"] as const;

export const RAW: Json = {
  type: "string",
  format: "binary",
  description: "one picture; options are in the address",
};
