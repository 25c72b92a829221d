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
  readonly scope?: "write";
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

export const RAW: Json = {
  type: "string",
  format: "binary",
  description: "one picture; options are in the address",
};
