import { lanceUnderTest } from "./conformance/lancedb.js";
import { testStore } from "./conformance.js";

testStore("LanceDB", lanceUnderTest(), ["optimising"]);
