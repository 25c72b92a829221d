import type { Table } from "@lancedb/lancedb";
import type { Vector } from "apache-arrow";

const ID_LENGTH = 32;

/** Ids in order, 32 bytes each: those of 10 million rows are 320 MB, a third of what as many strings take. */
export interface SortedIds {
  readonly count: number;
  slice(from: number, to: number): string[];
}

/** The ids of all rows for which `where` holds, as they are at one moment, in order. */
export async function scanIds(table: Table, where: string): Promise<SortedIds> {
  const batches: Buffer[] = [];
  const query = table.query().where(where).select(["id"]).orderBy({ columnName: "id" });
  for await (const batch of query) {
    batches.push(Buffer.from((batch.getChild("id") as Vector).toArray().join(""), "latin1"));
  }
  const all = Buffer.concat(batches);
  return {
    count: all.length / ID_LENGTH,
    slice: (from, to) => {
      const text = all.toString("latin1", from * ID_LENGTH, to * ID_LENGTH);
      return text.match(/.{32}/g) ?? [];
    },
  };
}
