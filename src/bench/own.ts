import { fileURLToPath } from "node:url";
import type { Contender } from "./contender.js";
import type { LoadSpec } from "./protocol.js";

/** The program that opens one of zeroclip's models in a process of its own; it exists once the sources are built. */
const CHILD = fileURLToPath(new URL("./child.js", import.meta.url));

/** A model of zeroclip's as a contender. */
export function ownContender(model: string, spec: LoadSpec = {}): Contender {
  return {
    name: model,
    own: true,
    command: process.execPath,
    args: [CHILD],
    spec: { ...spec, model },
  };
}
