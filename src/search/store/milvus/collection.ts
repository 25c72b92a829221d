import { setTimeout as sleep } from "node:timers/promises";
import type { FieldType } from "@zilliz/milvus2-sdk-node";
import { ClipError } from "../../../errors.js";
import { JsonObject } from "../../../models/json.js";
import { MOST_CAMERA, MOST_LABEL, MOST_LABELS } from "../../check-row.js";
import type { Column } from "../../row.js";
import type { StoreIdentity } from "../store.js";
import type { MilvusAddress } from "./address.js";
import { type Connection, TIMEOUT } from "./client.js";
import { COLUMNS, MOST_TEXT } from "./rows.js";

/** The property of a collection that says who made it and with which model. */
const PROPERTY = "zeroclip.identity";
/** The most that Milvus allows. */
export const MOST_DIM = 32_768;
/** Bytes of a character as UTF-8: one of UTF-16's units takes no more than three. */
const WIDEST = 3;

/** Bytes of texts. */
const LENGTHS: Readonly<Partial<Record<Column, number>>> = {
  id: 32,
  hash: 64,
  perceptual: 16,
  camera: 1 + WIDEST * MOST_CAMERA,
};

function fieldOf({ sdk }: Connection, column: Column, dim: number): FieldType {
  const { DataType } = sdk;
  const field = { name: column };
  if (column === "vector") return { ...field, data_type: DataType.FloatVector, dim };
  if (column === "blank") return { ...field, data_type: DataType.Bool };
  if (column === "sharpness" || column === "latitude" || column === "longitude") {
    return { ...field, data_type: DataType.Double };
  }
  if (column === "labels") {
    const labels = { element_type: DataType.VarChar, max_capacity: MOST_LABELS };
    return { ...field, data_type: DataType.Array, ...labels, max_length: WIDEST * MOST_LABEL };
  }
  if (["id", "path", "hash", "camera", "caption", "perceptual", "thumbnail"].includes(column)) {
    const max_length = LENGTHS[column] ?? MOST_TEXT;
    return { ...field, data_type: DataType.VarChar, max_length, is_primary_key: column === "id" };
  }
  return { ...field, data_type: DataType.Int64 };
}

/** Pauses, ms, before it is looked whether another process is making it. */
const PAUSES = [200, 1_000, 3_000] as const;

/** Makes the collection; one that another process made meanwhile stays. */
export async function makeCollection(
  connection: Connection,
  { collection }: MilvusAddress,
  identity: StoreIdentity,
): Promise<void> {
  const text = JSON.stringify({ formatVersion: 1, ...identity });
  const request = { ...TIMEOUT, collection_name: collection };
  for (const pause of [...PAUSES, undefined]) {
    try {
      await connection.call((client) =>
        client.createCollection({
          ...request,
          // Some tools show this alone.
          description: text,
          fields: COLUMNS.map((column) => fieldOf(connection, column, identity.model.dim)),
          properties: { [PROPERTY]: text },
          // What is put is found at once.
          consistency_level: "Strong",
        }),
      );
      return;
    } catch (error) {
      const { value } = await connection.call((client) => client.hasCollection(request));
      if (value) return;
      if (pause === undefined) throw error;
      await sleep(pause);
    }
  }
}

/** What a collection says of itself; undefined where there is none. Raises `search.address` where others made it, and `search.corrupt`. */
export async function readIdentity(
  connection: Connection,
  { collection, shown }: MilvusAddress,
): Promise<StoreIdentity | undefined> {
  const request = { ...TIMEOUT, collection_name: collection };
  const { value } = await connection.call((client) => client.hasCollection(request));
  if (!value) return undefined;
  const found = await connection.call((client) => client.describeCollection(request));
  const names = found.schema.fields.map(({ name }) => name).sort();
  const text = found.properties.find(({ key }) => key === PROPERTY)?.value ?? found.schema.description;
  if (!String(text).startsWith("{") || names.join() !== [...COLUMNS].sort().join()) {
    throw new ClipError(
      "search.address",
      `Expected a collection of zeroclip at ${shown} but what is there was made by something else.`,
    );
  }
  const json = JsonObject.parse(String(text), shown, "search.corrupt");
  const model = json.object("model");
  json.integer("formatVersion", 1, 1);
  return {
    model: {
      name: model.string("name"),
      revision: model.string("revision"),
      precision: model.oneOf("precision", ["fp32", "fp16", "int8", "mixed"]),
      dim: model.integer("dim", 1, MOST_DIM),
    },
    encoding: json.oneOf("encoding", ["f32"]),
    created: json.number("created"),
    version: json.string("version"),
  };
}
