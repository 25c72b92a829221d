import { JsonObject } from "../../models/json.js";
import type { Bytes } from "./bytes.js";

/** What a GLB file holds: its JSON, and where its binary chunk lies. */
export interface GlbFile {
  readonly bytes: Bytes;
  readonly json: JsonObject;
  readonly start: number;
  readonly length: number;
}

/** A part of a mesh: how its points are joined, and the accessors that hold them. */
export interface Primitive {
  /** 0: points; 1 to 3: lines; 4: triangles; 5: a strip; 6: a fan. */
  readonly mode: number;
  readonly position: number;
  readonly indices?: number;
}

/** One of a list of objects. Raises `points.damaged`. */
export function itemOf(json: JsonObject, list: string, index: number): JsonObject {
  const items = json.fields[list];
  const item: unknown = Array.isArray(items) ? items[index] : undefined;
  return JsonObject.of(item, `${json.where}: ${list}[${index}]`, json.code);
}
