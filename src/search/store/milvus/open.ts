import { ClipError } from "../../../errors.js";
import { checkModel, modelOfNew } from "../identity.js";
import type { Opening, Store, StoreIdentity } from "../store.js";
import { type MilvusAddress, parseMilvusAddress } from "./address.js";
import { Connection } from "./client.js";
import { MOST_DIM, makeCollection, readIdentity } from "./collection.js";
import { makeReady } from "./indexing.js";
import { MilvusStore } from "./milvus.js";

/** What a new collection will say of itself. Raises `search.missing` and `search.options`. */
function identityFor(shown: string, options: Opening): StoreIdentity {
  const model = modelOfNew(shown, options);
  const { encoding = "f32", version } = options;
  if (encoding !== "f32") {
    throw new ClipError(
      "search.options",
      `Expected f32 for the vectors of a Milvus store but received ${encoding}: its index makes them small.`,
    );
  }
  if (model.dim > MOST_DIM) {
    throw new ClipError(
      "search.options",
      `Expected at most ${MOST_DIM} numbers a vector for Milvus but the model gives ${model.dim}.`,
    );
  }
  return { model, encoding, created: Date.now(), version };
}

async function openCollection(
  connection: Connection,
  address: MilvusAddress,
  options: Opening,
): Promise<Store> {
  let identity = await readIdentity(connection, address);
  if (identity === undefined) {
    await makeCollection(connection, address, identityFor(address.shown, options));
    // That of whoever was first.
    identity = (await readIdentity(connection, address))!;
  }
  if (options.model) checkModel(identity.model, options.model, address.shown);
  await makeReady(connection, address.collection);
  return new MilvusStore(connection, address, identity);
}

/** An address of Milvus → its store; the collection is made where there is none and `create` is true. Raises as `openStore`. */
export async function openMilvus(address: string, options: Opening): Promise<Store> {
  const parsed = parseMilvusAddress(address, options.token);
  const connection = await Connection.open(parsed);
  try {
    return await openCollection(connection, parsed, options);
  } catch (error) {
    await connection.close();
    throw error;
  }
}
