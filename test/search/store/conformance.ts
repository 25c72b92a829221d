import { describe } from "vitest";
import { testChanges } from "./conformance/changes.js";
import { testFilters } from "./conformance/filters.js";
import { testRows } from "./conformance/rows.js";
import type { StoreUnderTest } from "./conformance/sample.js";
import { testScans } from "./conformance/scans.js";
import { testSearches } from "./conformance/searches.js";

/** What every store must do, whatever it is made of. */
export function testStore(name: string, store: StoreUnderTest): void {
  describe(`${name}: rows`, () => testRows(store));
  describe(`${name}: changes`, () => testChanges(store));
  describe(`${name}: filters`, () => testFilters(store));
  describe(`${name}: scans`, () => testScans(store));
  describe(`${name}: searches`, () => testSearches(store));
}
