import { createRequire } from "node:module";
import { ClipError } from "../../../errors.js";

export type Lance = typeof import("@lancedb/lancedb");
export type Arrow = typeof import("apache-arrow");

/** LanceDB and the very copy of Arrow that it uses: tables of another copy would be rebuilt, value by value. */
export interface Native {
  readonly lance: Lance;
  readonly arrow: Arrow;
}

let loading: Promise<Native> | undefined;

async function load(): Promise<Native> {
  // Its engine would write warnings to stderr, which belongs to the program that uses us.
  process.env.LANCEDB_LOG ??= "off";
  try {
    const lance = await import("@lancedb/lancedb");
    const arrow = createRequire(import.meta.url)("apache-arrow") as Arrow;
    return { lance, arrow };
  } catch (error) {
    throw new ClipError(
      "search.native",
      `Expected LanceDB's package for ${process.platform}-${process.arch} but it can't be loaded: install @lancedb/lancedb with its optional packages, or take the address milvus://… of a server.`,
      { cause: error },
    );
  }
}

/** Loads 150 MB of native code, once and only when a folder of LanceDB is opened. Raises `search.native`. */
export function loadNative(): Promise<Native> {
  loading ??= load();
  return loading;
}
