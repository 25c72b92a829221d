import { IF_NONE_MATCH, type Json, type Operation, PICTURE_TYPES } from "./openapi-forms.js";
import {
  collectionBodySchema,
  collectionInfoSchema,
  collectionListSchema,
  collectionSchema,
  duplicatesResponseSchema,
  mapRunningSchema,
  mapSchema,
  restoredSchema,
  trashBodySchema,
  trashedSchema,
  undoBodySchema,
} from "./wire/assets.js";
import {
  databaseListSchema,
  searchRequestSchema,
  searchResponseSchema,
  storedPictureSchema,
  uploadResponseSchema,
} from "./wire/search.js";

const text = { type: "string" } as const;
const DB = { name: "db", in: "path", required: true, schema: text };
const ID = { name: "id", in: "path", required: true, schema: text };
const NAME = { name: "name", in: "path", required: true, schema: text };
const SIGNED = [
  { name: "until", in: "query", schema: { type: "integer" } },
  { name: "mark", in: "query", schema: text, description: "with until: stands for a key" },
];
const IF_MATCH = {
  name: "If-Match",
  in: "header",
  schema: text,
  description: "the ETag of the version that is changed: 412 where another one is the newest",
};
const UPLOAD: Json = {
  type: "object",
  properties: {
    image: {
      type: "array",
      items: { type: "string", format: "binary" },
      description: "one or more files, under any name",
    },
  },
};

const tag = "Search";

/** What can be asked of databases of pictures. */
export const SEARCH_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/databases",
    tag,
    summary: "Databases of pictures, the default first",
    answer: databaseListSchema,
  },
  {
    method: "post",
    path: "/v1/search",
    tag,
    summary: "Find pictures by words, a picture, another picture of the database, and filters",
    description:
      "With neither text, query, image nor like all pictures that pass the filter come, the newest first. `next` of an answer is the `cursor` of the page after; everything else has to stay as it was.",
    example: { text: "a lighthouse at night", top: 20 },
    body: { "application/json": searchRequestSchema },
    answer: searchResponseSchema,
  },
  {
    method: "get",
    path: "/v1/databases/{db}/pictures/{id}",
    tag,
    summary: "One picture with all that is known of it",
    parameters: [DB, ID],
    answer: storedPictureSchema,
  },
  {
    method: "get",
    path: "/v1/databases/{db}/pictures/{id}/thumbnail",
    tag,
    summary:
      "A small picture (JPEG or WebP); `thumbnail` of a hit is its address, which needs no key for an hour",
    parameters: [
      DB,
      ID,
      {
        name: "side",
        in: "query",
        schema: { type: "integer", minimum: 16, maximum: 1024 },
        description: "longest side, pixels; default: as it is kept, else 256",
      },
      ...SIGNED,
      IF_NONE_MATCH,
    ],
    bytes: PICTURE_TYPES,
    also: { 304: undefined },
    versioned: true,
  },
  {
    method: "get",
    path: "/v1/databases/{db}/pictures/{id}/file",
    tag,
    summary: "The original, where it is still the file that was indexed; `picture` of a hit is its address",
    parameters: [
      DB,
      ID,
      ...SIGNED,
      IF_NONE_MATCH,
      { name: "Range", in: "header", schema: text, description: "one range of bytes: 206" },
    ],
    bytes: [...PICTURE_TYPES, "video/*"],
    also: { 206: undefined, 304: undefined },
    versioned: true,
  },
  {
    method: "post",
    path: "/v1/databases/{db}/pictures",
    tag,
    summary: "Add pictures: they are found by the next request",
    description: "Needs --uploads. A picture that can't be read has an error entry beside the others.",
    parameters: [DB],
    body: { "multipart/form-data": UPLOAD },
    answer: uploadResponseSchema,
    also: { 400: uploadResponseSchema },
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/databases/{db}/duplicates",
    tag,
    summary: "Groups of pictures that show the same, with the one to keep",
    parameters: [
      DB,
      {
        name: "threshold",
        in: "query",
        schema: { type: "number", minimum: 0, maximum: 1 },
        description: "least cosine of pictures that look alike; default 0.7",
      },
      { name: "top", in: "query", schema: { type: "integer", minimum: 1, maximum: 500 } },
      { name: "cursor", in: "query", schema: text },
    ],
    answer: duplicatesResponseSchema,
  },
  {
    method: "post",
    path: "/v1/databases/{db}/duplicates/trash",
    tag,
    summary: "Move pictures of groups to the trash; one of each group has to stay",
    description: "Needs --trash. A file that changed since it was indexed stays, and the answer says so.",
    parameters: [DB],
    body: { "application/json": trashBodySchema },
    answer: trashedSchema,
    scope: "write",
  },
  {
    method: "post",
    path: "/v1/databases/{db}/trash/undo",
    tag,
    summary: "Put back what one call moved",
    parameters: [DB],
    body: { "application/json": undoBodySchema },
    answer: restoredSchema,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/databases/{db}/map",
    tag,
    summary: "A map on which pictures that look alike lie together, in clusters with names",
    description: "While it is made the status is 202 and the answer says how far it is.",
    parameters: [DB],
    answer: mapSchema,
    also: { 202: mapRunningSchema },
  },
  {
    method: "get",
    path: "/v1/databases/{db}/collections",
    tag,
    summary: "Collections of pictures",
    parameters: [DB],
    answer: collectionListSchema,
  },
  {
    method: "get",
    path: "/v1/databases/{db}/collections/{name}",
    tag,
    summary: "A collection: ids of pictures",
    parameters: [DB, NAME, IF_NONE_MATCH],
    answer: collectionSchema,
    also: { 304: undefined },
    versioned: true,
  },
  {
    method: "put",
    path: "/v1/databases/{db}/collections/{name}",
    tag,
    summary: "Create a collection or replace all of it",
    parameters: [DB, NAME, IF_MATCH],
    body: { "application/json": collectionBodySchema },
    answer: collectionInfoSchema,
    versioned: true,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/databases/{db}/collections/{name}",
    tag,
    summary: "Remove a collection; its pictures stay",
    parameters: [DB, NAME, IF_MATCH],
    status: 204,
    scope: "write",
  },
];
