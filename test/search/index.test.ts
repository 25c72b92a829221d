import { expect, it } from "vitest";
import * as door from "../../src/search/index.js";

it("the door of zeroclip/search holds these values and no others", () => {
  expect(Object.keys(door).sort()).toEqual([
    "deadLetters",
    "exportRows",
    "importRows",
    "indexByQueue",
    "indexFolders",
    "modelOf",
    "openStore",
    "replayDead",
    "rowId",
    "verifyFiles",
    "watchFolders",
    "work",
  ]);
});
