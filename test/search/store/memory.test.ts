import { openStore } from "../../../src/search/store/open.js";
import { MODEL } from "./conformance/sample.js";
import { testStore } from "./conformance.js";

testStore("memory", {
  create: () => openStore("memory:", { model: MODEL, create: true, version: "0.0.0" }),
  error: 1e-6,
});
