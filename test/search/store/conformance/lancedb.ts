import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openStore } from "../../../../src/search/store/open.js";
import { MODEL, type StoreUnderTest } from "./sample.js";

/** Stores of LanceDB in a temporary folder, which is removed after all tests of a file. */
export function lanceUnderTest(): StoreUnderTest {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-lance-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let made = 0;
  return {
    create: () => openStore(join(folder, String(made++)), { model: MODEL, create: true, version: "0.0.0" }),
    reopen: (store) => openStore(store.address, { model: MODEL, version: "0.0.0" }),
    // Half floats: numbers below 1 have 11 bits.
    error: 1e-3,
  };
}
