import { ClipError } from "../../errors.js";
import { packageVersion } from "../../package-version.js";
import { modelOfNew } from "./identity.js";
import { openLance } from "./lancedb/open.js";
import { MemoryStore } from "./memory.js";
import { isMilvusAddress } from "./milvus/address.js";
import { openMilvus } from "./milvus/open.js";
import type { OpenStoreOptions, Store } from "./store.js";

/** `s3://`, `milvus://` …; one letter is a drive of Windows. */
const SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/** Documented in `../door.ts`. */
export async function openStore(address: string, given: OpenStoreOptions = {}): Promise<Store> {
  const options = { version: packageVersion(), ...given };
  if (address === "memory:") {
    const model = modelOfNew(address, { ...options, create: true });
    return new MemoryStore({ model, encoding: "f32", created: Date.now(), version: options.version });
  }
  if (isMilvusAddress(address)) return openMilvus(address, options);
  if (address !== "" && !SCHEME.test(address)) return openLance(address, options);
  throw new ClipError(
    "search.address",
    `Expected memory:, the path of a folder or milvus://host:port/collection as the address of a store but received ${JSON.stringify(address)}.`,
  );
}
