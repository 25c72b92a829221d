import { type Operation, PICTURE_TYPES, RAW } from "./openapi-forms.js";
import {
  productBodySchema,
  productChangesSchema,
  productListSchema,
  productPutSchema,
  recogniseRequestSchema,
  recogniseResponseSchema,
  recommendRequestSchema,
  recommendResponseSchema,
} from "./wire/products.js";

const text = { type: "string" } as const;
const ID = { name: "id", in: "path", required: true, schema: text };
const CATALOGUE = {
  name: "catalogue",
  in: "query",
  schema: text,
  description: "default: the server's first",
};

const tag = "Products";

/** What can be asked of catalogues. */
export const PRODUCT_OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/products/recognise",
    tag,
    summary: "Say which products a photo may show",
    description:
      "JSON, a form with one file and catalogue and top as fields, or the picture as the body and these in the address.",
    body: {
      "application/json": recogniseRequestSchema,
      "multipart/form-data": {
        type: "object",
        properties: {
          image: { type: "string", format: "binary" },
          catalogue: text,
          top: { type: "integer" },
        },
      },
      "image/jpeg": RAW,
      "image/png": RAW,
      "image/webp": RAW,
      "application/octet-stream": RAW,
    },
    parameters: [
      { name: "catalogue", in: "query", schema: text, description: "with a picture as the body" },
      { name: "top", in: "query", schema: { type: "integer" }, description: "with a picture as the body" },
    ],
    answer: recogniseResponseSchema,
  },
  {
    method: "post",
    path: "/v1/products/recommend",
    tag,
    summary: "Recommend products: like some, for somebody who liked some, or what goes with one",
    example: { like: ["shirt-17"], top: 5 },
    body: { "application/json": recommendRequestSchema },
    answer: recommendResponseSchema,
  },
  {
    method: "get",
    path: "/v1/products",
    tag,
    summary: "Products of a catalogue, in the order of their adding",
    parameters: [
      CATALOGUE,
      { name: "top", in: "query", schema: { type: "integer", minimum: 1, maximum: 500 } },
      { name: "cursor", in: "query", schema: text },
    ],
    answer: productListSchema,
  },
  {
    method: "get",
    path: "/v1/products/changes",
    tag,
    summary: "What changed in a catalogue since a number",
    parameters: [
      CATALOGUE,
      { name: "since", in: "query", schema: { type: "integer", minimum: 0 } },
      { name: "top", in: "query", schema: { type: "integer", minimum: 1, maximum: 1000 } },
    ],
    answer: productChangesSchema,
  },
  {
    method: "put",
    path: "/v1/products/{id}",
    tag,
    summary: "Put a product in, or replace it: it is recognised by the next request",
    parameters: [ID, CATALOGUE],
    example: { names: { en: "red shirt" }, categories: ["clothing", "shirts"] },
    body: { "application/json": productBodySchema },
    answer: productPutSchema,
    scope: "write",
  },
  {
    method: "delete",
    path: "/v1/products/{id}",
    tag,
    summary: "Take a product out",
    parameters: [ID, CATALOGUE],
    status: 204,
    scope: "write",
  },
  {
    method: "get",
    path: "/v1/products/{id}/pictures/{position}",
    tag,
    summary:
      "A product's picture, small; `pictures` of a product are such addresses, which need no key for an hour",
    parameters: [
      ID,
      { name: "position", in: "path", required: true, schema: { type: "integer", minimum: 0 } },
      CATALOGUE,
      { name: "until", in: "query", schema: { type: "integer" } },
      { name: "mark", in: "query", schema: text },
    ],
    bytes: PICTURE_TYPES,
  },
];
