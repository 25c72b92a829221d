import { join } from "node:path";
import type { Contender } from "../../src/bench/contender.js";
import type { LoadSpec } from "../../src/bench/protocol.js";

/** A contender whose process is fake-peer.mjs. */
export function fake(name: string, spec: LoadSpec = {}, own = false): Contender {
  return {
    name,
    own,
    command: process.execPath,
    args: [join(import.meta.dirname, "fake-peer.mjs")],
    spec: { name, ...spec },
  };
}
