import { z } from "zod";
import { classifiedSchema, classifyOptionsSchema } from "./classify.js";
import { LIMITS } from "./limits.js";
import { problemEntrySchema, problemSchema, warningSchema } from "./problem.js";

/** A point cloud or mesh in JSON. */
export const shapeSchema = z
  .strictObject({
    data: z
      .string()
      .min(1)
      .describe("base64 or a data URL: PLY, OBJ, OFF, XYZ and its like, NPY, PCD, STL, GLB"),
    name: z
      .string()
      .min(1)
      .max(LIMITS.words)
      .optional()
      .describe(
        "what answers call it; its ending says what the file is where the content does not say it itself",
      ),
  })
  .meta({ id: "Shape" });

/** How shapes become pictures. */
export const drawingSchema = z.strictObject({
  views: z
    .union([z.literal(6), z.literal(8), z.literal(10)])
    .optional()
    .describe("6: sides, top, bottom; 8: sides, corners; 10 (default): all"),
  style: z
    .enum(["auto", "plain", "realistic", "shaded", "mesh"])
    .optional()
    .describe(
      "plain: as PointCLIP; realistic: as PointCLIP V2; auto (default): mesh where there are triangles, else shaded",
    ),
  up: z.enum(["y", "z"]).optional().describe("what points up; default: y of GLB, else z"),
  outline: z.boolean().optional().describe("also what a page shows of the shape"),
});

/** What both the JSON body and the fields of a form may ask of shapes. */
export const shapeOptionsSchema = classifyOptionsSchema.omit({ views: true, viewMode: true }).extend({
  ...drawingSchema.shape,
  viewWeights: z
    .union([z.enum(["equal", "entropy"]), z.record(z.string().max(20), z.number().min(0).max(1e6))])
    .optional()
    .describe(
      "equal; entropy: sure views count more; or a number for each view by its name. Default: top and bottom a quarter of the others",
    ),
  pictures: z.boolean().optional().describe("also the views as PNG"),
});

const given = {
  shape: shapeSchema.optional(),
  shapes: z.array(shapeSchema).min(1).max(LIMITS.shapes).optional(),
};

export const shapesRequestSchema = shapeOptionsSchema.extend(given).meta({ id: "ShapesRequest" });
export const viewsRequestSchema = drawingSchema.extend(given).meta({ id: "ViewsRequest" });

/** Numbers are little-endian, in base64. */
export const outlineSchema = z
  .strictObject({
    positions: z
      .string()
      .describe(
        "i16 [points, 3]: z up, the middle of the shape's box at 0, the farthest point at distance 32,767",
      ),
    colours: z.string().optional().describe("u8 [points, 3]"),
    faces: z
      .string()
      .optional()
      .describe("u32 [triangles, 3], numbers of points; absent: a cloud, or a mesh of too many triangles"),
  })
  .meta({ id: "ShapeOutline" });

const viewSchema = z
  .strictObject({
    name: z.string().describe("front, right, back, left, top, bottom, front-right, …"),
    image: z.string().describe("a PNG as a data URL"),
  })
  .meta({ id: "ShapeView" });

/** What is known of a shape once it was read. */
const readSchema = {
  points: z.int().min(0).optional(),
  faces: z.int().min(0).optional().describe("triangles; 0 of a cloud"),
  views: z.array(viewSchema).optional(),
  outline: outlineSchema.optional(),
  warnings: z.array(warningSchema).optional().describe("points that were left out, and the like"),
};

export const classifiedShapeSchema = classifiedSchema
  .omit({ image: true })
  .extend({ shape: z.string().describe("its name, or its position as #0"), ...readSchema })
  .meta({ id: "ClassifiedShape" });

export const shapesResponseSchema = z
  .strictObject({
    model: z.string(),
    labelSet: z.strictObject({ name: z.string(), version: z.int() }).optional(),
    results: z.array(classifiedShapeSchema),
    warnings: z.array(warningSchema).optional(),
  })
  .meta({ id: "ShapesResponse" });

export const drawnShapeSchema = z
  .strictObject({ shape: z.string(), ...readSchema, error: problemEntrySchema.optional() })
  .meta({ id: "DrawnShape" });

export const viewsResponseSchema = z
  .strictObject({ results: z.array(drawnShapeSchema) })
  .meta({ id: "ViewsResponse" });

/** Where no shape could be read each one's error is told, too. */
export const shapesProblemSchema = problemSchema
  .extend({ results: z.array(z.union([classifiedShapeSchema, drawnShapeSchema])).optional() })
  .meta({ id: "ShapesProblem" });

/** Kinds of things that the server makes shapes of. */
export const shapeSamplesSchema = z.strictObject({ kinds: z.array(z.string()) }).meta({ id: "ShapeSamples" });

/** In the address of a made shape. */
export const sampleQuerySchema = z.strictObject({
  seed: z.coerce.number().int().min(0).max(1e9).default(1),
  form: z.enum(["cloud", "mesh"]).default("mesh"),
});

export type WireShape = z.infer<typeof shapeSchema>;
export type DrawingAsked = z.infer<typeof drawingSchema>;
export type ShapesAsked = z.infer<typeof shapeOptionsSchema>;
/** @public What a client sends. */
export type ShapesRequest = z.infer<typeof shapesRequestSchema>;
export type ShapesResponse = z.infer<typeof shapesResponseSchema>;
export type ClassifiedShape = z.infer<typeof classifiedShapeSchema>;
export type DrawnShapeEntry = z.infer<typeof drawnShapeSchema>;
export type ViewsResponse = z.infer<typeof viewsResponseSchema>;
export type ShapeOutline = z.infer<typeof outlineSchema>;
