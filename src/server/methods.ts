import type { FastifyInstance } from "fastify";
import { ClipError } from "../errors.js";

/** An address that is there, asked in a way that it does not take; `allow`: those that it does. */
export class MethodError extends ClipError {
  constructor(
    readonly allow: string,
    method: string,
  ) {
    super(
      "server.method",
      `Expected ${allow.replaceAll(", ", " or ")} at this address but received ${method}.`,
    );
  }
}

/** `/v1/label-sets/:name` → what addresses of it look like; `*` is the rest. */
function patternOf(url: string): RegExp {
  const parts = url
    .split(/(:[^/]+|\*)/)
    .map((part) =>
      part === "*" ? ".*" : part.startsWith(":") ? "[^/]+" : part.replaceAll(/[.?+^$()[\]{}|\\]/g, "\\$&"),
    );
  return new RegExp(`^${parts.join("")}/?$`);
}

/** Which methods an address takes, by what was registered after this was called. */
export function registeredMethods(app: FastifyInstance): (address: string) => string[] {
  const routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method }) => {
    // What CORS answers for every address says nothing of one.
    if (url === "*" || url === "/*") return;
    const known = routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    routes.set(url, known);
    for (const one of [method].flat()) known.methods.add(one);
  });
  return (address) => {
    const path = address.split("?", 1)[0]!;
    const found = [...routes.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  };
}
