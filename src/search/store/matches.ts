import type { Facts } from "../row.js";
import { checkFilter, type Filter, folderStart, LISTS, RANGES } from "./filter.js";
import { globTest } from "./glob.js";

type Test = (row: Facts) => boolean;

function labelTests({ any, all, none }: NonNullable<Filter["labels"]>): Test[] {
  const tests: Test[] = [];
  if (any) tests.push((row) => any.some((label) => row.labels.includes(label)));
  if (all) tests.push((row) => all.every((label) => row.labels.includes(label)));
  if (none) tests.push((row) => !none.some((label) => row.labels.includes(label)));
  return tests;
}

function pathTests({ folder, glob, camera }: Filter): Test[] {
  const tests: Test[] = [];
  if (folder !== undefined) tests.push((row) => row.path.startsWith(folderStart(folder)));
  if (glob !== undefined) {
    const matches = globTest(glob);
    tests.push((row) => matches(row.path));
  }
  if (camera !== undefined) tests.push((row) => row.camera?.includes(camera) ?? false);
  return tests;
}

/** A filter as a function, after it was checked: what the stores' own translations are tested against. */
export function compileFilter(filter: Filter): Test {
  checkFilter(filter);
  const tests: Test[] = [...pathTests(filter), ...labelTests(filter.labels ?? {})];
  for (const name of RANGES) {
    const range = filter[name];
    const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = range ?? {};
    const has = (value: number | null): boolean => value !== null && value >= least && value <= most;
    if (range) tests.push((row) => has(row[name]));
  }
  for (const [list, column] of LISTS) {
    const values = filter[list] && new Set(filter[list]);
    if (values) tests.push((row) => values.has(row[column]));
  }
  const { captioned, frame, blank, and = [], or, not } = filter;
  if (captioned !== undefined) tests.push((row) => (row.caption !== null) === captioned);
  if (frame !== undefined) tests.push((row) => (row.time !== null) === frame);
  if (blank !== undefined) tests.push((row) => row.blank === blank);
  for (const part of and) tests.push(compileFilter(part));
  const choices = or?.map(compileFilter);
  if (choices) tests.push((row) => choices.some((test) => test(row)));
  const without = not && compileFilter(not);
  if (without) tests.push((row) => !without(row));
  return (row) => tests.every((test) => test(row));
}
