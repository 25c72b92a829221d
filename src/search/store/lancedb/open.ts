import { resolve } from "node:path";
import type { Connection, Table } from "@lancedb/lancedb";
import { ClipError } from "../../../errors.js";
import { checkModel, modelOfNew } from "../identity.js";
import type { Opening, Store, StoreIdentity, StoreModel } from "../store.js";
import { asStoreError } from "./failure.js";
import { prepareFolder, readIdentity, TABLE, writeIdentity } from "./folder.js";
import { LanceStore } from "./lancedb.js";
import { loadNative, type Native } from "./native.js";
import { type LanceEncoding, schemaOf } from "./rows.js";
import { Writing } from "./writing.js";

/** Half floats where nothing else is asked for. Raises `search.options` for bytes, which LanceDB can't search. */
function encodingOf({ encoding = "f16" }: Opening): LanceEncoding {
  if (encoding !== "int8") return encoding;
  throw new ClipError(
    "search.options",
    "Expected f16 or f32 for the vectors of a LanceDB store but received int8, which it can't search.",
  );
}

/** An empty table in the place of what a killed process left. Raises `search.corrupt` where that holds rows. */
async function makeTable(
  db: Connection,
  native: Native,
  folder: string,
  identity: StoreIdentity,
): Promise<void> {
  const there = (await db.tableNames()).includes(TABLE) ? await db.openTable(TABLE) : undefined;
  const rows = (await there?.countRows()) ?? 0;
  if (rows > 0)
    throw new ClipError(
      "search.corrupt",
      `Expected a whole store at ${folder} but its table of ${rows} rows is there without the file that says which model made it.`,
    );
  const schema = schemaOf(native.arrow, identity.model.dim, identity.encoding as LanceEncoding);
  await db.createEmptyTable(TABLE, schema, { mode: "overwrite" });
}

async function make(
  db: Connection,
  native: Native,
  folder: string,
  model: StoreModel,
  options: Opening,
): Promise<StoreIdentity> {
  const identity: StoreIdentity = {
    model,
    encoding: encodingOf(options),
    created: Date.now(),
    version: options.version,
  };
  return new Writing(folder).run(async () => {
    const made = await readIdentity(folder);
    if (made !== undefined) return made;
    await makeTable(db, native, folder, identity);
    await writeIdentity(folder, identity);
    return identity;
  });
}

async function openTable(db: Connection, native: Native, identity: StoreIdentity): Promise<Table> {
  const table = await db.openTable(TABLE);
  const names = (await table.schema()).fields.map(({ name }) => name).join();
  const { model, encoding } = identity;
  const expected = schemaOf(native.arrow, model.dim, encoding as LanceEncoding);
  if (names === expected.fields.map(({ name }) => name).join()) return table;
  throw new Error(`corrupt: the columns are ${names}`);
}

/** A folder → its store; made where there is none and `create` is true. Raises as `openStore`. */
export async function openLance(address: string, options: Opening): Promise<Store> {
  const folder = resolve(address);
  try {
    const found = await readIdentity(folder);
    const model = found?.model ?? modelOfNew(address, options);
    if (found && options.model) checkModel(found.model, options.model, address);
    if (found === undefined) await prepareFolder(folder);
    const native = await loadNative();
    const db = await native.lance.connect(folder, { readConsistencyInterval: 0 });
    const identity = found ?? (await make(db, native, folder, model, options));
    const table = await openTable(db, native, identity);
    const schema = schemaOf(native.arrow, identity.model.dim, identity.encoding as LanceEncoding);
    return new LanceStore({ native, table, schema, folder, address, identity });
  } catch (error) {
    throw asStoreError(error, folder);
  }
}
