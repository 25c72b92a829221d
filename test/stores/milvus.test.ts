import { afterAll, beforeAll } from "vitest";
import { openStore } from "../../src/search/store/open.js";
import { MODEL } from "../search/store/conformance/sample.js";
import { testStore } from "../search/store/conformance.js";
import { milvusAddress, milvusLite } from "../support/milvus-lite.js";

const server = milvusLite();
beforeAll(async () => void (await server.start()));
afterAll(() => server[Symbol.asyncDispose]());

let made = 0;
testStore("Milvus", {
  create: () =>
    openStore(milvusAddress(server, `c${made++}`), { model: MODEL, create: true, version: "0.0.0" }),
  reopen: (store) => openStore(store.address, { model: MODEL, version: "0.0.0" }),
  // Cosines are made of single floats.
  error: 1e-5,
});
