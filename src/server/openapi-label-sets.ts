import { z } from "zod";
import { EXAMPLES_FORM, IF_NONE_MATCH, type Operation } from "./openapi-forms.js";
import { classifyProblemSchema } from "./wire/classify.js";
import { examplesAddedSchema, examplesBodySchema, examplesSchema } from "./wire/examples.js";
import {
  labelSetBodySchema,
  labelSetInfoSchema,
  labelSetListSchema,
  labelSetPatchSchema,
  labelSetSchema,
} from "./wire/labels.js";

const NAME = { name: "name", in: "path", required: true, schema: { type: "string" } };
const EXAMPLES_OF = {
  name: "model",
  in: "query",
  schema: { type: "string" },
  description: "default: the server's first model",
};
const IF_MATCH = {
  name: "If-Match",
  in: "header",
  schema: { type: "string" },
  description: "the ETag of the version that is changed: 412 where another one is the newest",
};

/** Label sets, their versions and what they learnt from pictures. */
export const LABEL_SET_OPERATIONS: readonly Operation[] = [
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
    example: { name: "shelf", labels: ["cup", { name: "plate", aliases: ["dish"] }] },
    body: { "application/json": labelSetBodySchema.extend({ name: z.string() }) },
    status: 201,
    answer: labelSetInfoSchema,
    versioned: true,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/label-sets/{name}",
    tag: "Label sets",
    summary: "A label set, its newest version or an older one",
    parameters: [
      NAME,
      { name: "version", in: "query", schema: { type: "integer", minimum: 1 } },
      IF_NONE_MATCH,
    ],
    answer: labelSetSchema,
    also: { 304: undefined },
    versioned: true,
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
    parameters: [
      NAME,
      IF_MATCH,
      { ...IF_NONE_MATCH, description: "*: only where there is none yet, else 412" },
    ],
    example: { labels: ["cup", { name: "plate", aliases: ["dish"] }] },
    body: { "application/json": labelSetBodySchema },
    answer: labelSetInfoSchema,
    versioned: true,
    scope: "write",
  },
  {
    method: "patch",
    path: "/v1/label-sets/{name}",
    tag: "Label sets",
    summary: "Add, replace and remove labels: only new words are computed",
    parameters: [NAME, IF_MATCH],
    example: { add: ["fork"], remove: ["cup"] },
    body: { "application/json": labelSetPatchSchema },
    answer: labelSetInfoSchema,
    versioned: true,
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
    path: "/v1/label-sets/{name}/examples",
    tag: "Label sets",
    summary: "What a set has learnt from pictures",
    parameters: [NAME, EXAMPLES_OF],
    answer: examplesSchema,
  },
  {
    method: "post",
    path: "/v1/label-sets/{name}/examples",
    tag: "Label sets",
    summary: "Pictures of one label: answers with the set change at once",
    description:
      "Pictures as JSON, or as a form with files and the fields `label` and `model`. Answers are changed from the second label with pictures on; the same picture counts once.",
    parameters: [NAME],
    body: { "application/json": examplesBodySchema, "multipart/form-data": EXAMPLES_FORM },
    answer: examplesAddedSchema,
    problem: classifyProblemSchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/label-sets/{name}/examples",
    tag: "Label sets",
    summary: "Forget the pictures of one label, or of all",
    parameters: [
      NAME,
      { name: "label", in: "query", schema: { type: "string" }, description: "id or name; default: all" },
      EXAMPLES_OF,
    ],
    answer: examplesSchema,
    scope: "write",
  },
];
