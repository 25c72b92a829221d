import type { Json, Operation } from "./openapi-forms.js";
import {
  drawingSchema,
  shapeOptionsSchema,
  shapeSamplesSchema,
  shapesProblemSchema,
  shapesRequestSchema,
  shapesResponseSchema,
  viewsRequestSchema,
  viewsResponseSchema,
} from "./wire/points.js";

const FILES: Json = {
  type: "array",
  items: { type: "string", format: "binary" },
  description: "one or more files, under any name: PLY, OBJ, OFF, XYZ, PTS, NPY, PCD, STL, GLB",
};

const RAW: Json = {
  type: "string",
  format: "binary",
  description: "one file; options and its name are in the address",
};

/** A form of files with these fields beside them. */
const formOf = (fields: readonly string[]): Json => ({
  type: "object",
  properties: {
    shape: FILES,
    ...Object.fromEntries(
      fields.map((name) => [
        name,
        name === "labels"
          ? { type: "string", description: "words between commas, or a JSON list" }
          : { type: "string" },
      ]),
    ),
  },
});

const inAddress = (fields: readonly string[]): Json[] =>
  ["name", ...fields].map((name) => ({
    name,
    in: "query",
    schema: { type: "string" },
    description: "where the body is a file; else it is of the body",
  }));

const [ASKED, DRAWN] = [Object.keys(shapeOptionsSchema.shape), Object.keys(drawingSchema.shape)];

/** A tetrahedron as an OFF file, so that a request can be tried as it stands. */
const SHAPE = {
  name: "tetrahedron.off",
  data: "T0ZGCjQgNCAwCjAgMCAwCjEgMCAwCjAgMSAwCjAgMCAxCjMgMCAyIDEKMyAwIDEgMwozIDAgMyAyCjMgMSAyIDMK",
};

/** What can be asked of point clouds and meshes. */
export const POINT_OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/points/classify",
    tag: "Point clouds and meshes",
    summary: "Say which labels fit point clouds and meshes",
    description:
      "Each shape is looked at from up to ten sides. Shapes as JSON, as a form with files, or one as the body. One that can't be read has an error entry beside the others' answers; where none can be read the status is 4xx and `results` holds each one's error.",
    example: { shape: SHAPE, labels: ["pyramid", "ball", "chair"] },
    body: {
      "application/json": shapesRequestSchema,
      "multipart/form-data": formOf(ASKED),
      "application/octet-stream": RAW,
    },
    parameters: inAddress(ASKED),
    answer: shapesResponseSchema,
    problem: shapesProblemSchema,
  },
  {
    method: "post",
    path: "/v1/points/views",
    tag: "Point clouds and meshes",
    summary: "Draw point clouds and meshes as a model sees them",
    example: { shape: SHAPE, views: 6 },
    body: {
      "application/json": viewsRequestSchema,
      "multipart/form-data": formOf(DRAWN),
      "application/octet-stream": RAW,
    },
    parameters: inAddress(DRAWN),
    answer: viewsResponseSchema,
    problem: shapesProblemSchema,
  },
  {
    method: "get",
    path: "/v1/points/samples",
    tag: "Point clouds and meshes",
    summary: "Kinds of everyday things that the server makes shapes of",
    answer: shapeSamplesSchema,
  },
  {
    method: "get",
    path: "/v1/points/samples/{kind}",
    tag: "Point clouds and meshes",
    summary: "A made shape as a PLY file; the same seed gives the same one",
    parameters: [
      { name: "kind", in: "path", required: true, schema: { type: "string" } },
      { name: "seed", in: "query", schema: { type: "integer", default: 1 } },
      { name: "form", in: "query", schema: { enum: ["mesh", "cloud"], default: "mesh" } },
    ],
    bytes: ["application/octet-stream"],
  },
];
