import { describe } from "vitest";
import { testChanges } from "./conformance/changes.js";
import { testFilters } from "./conformance/filters.js";
import { testOptimising } from "./conformance/optimising.js";
import { testRows } from "./conformance/rows.js";
import type { StoreUnderTest } from "./conformance/sample.js";
import { testScans } from "./conformance/scans.js";
import { testSearches } from "./conformance/searches.js";

const PARTS = {
  rows: testRows,
  changes: testChanges,
  filters: testFilters,
  scans: testScans,
  searches: testSearches,
  optimising: testOptimising,
};

type Part = keyof typeof PARTS;

/** What every store must do, whatever it is made of; `parts` where one file of tests would take too long. */
export function testStore(
  name: string,
  store: StoreUnderTest,
  parts: readonly Part[] = Object.keys(PARTS) as Part[],
): void {
  for (const part of parts) describe(`${name}: ${part}`, () => PARTS[part](store));
}
