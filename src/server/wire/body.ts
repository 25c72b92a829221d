import type { FastifyRequest } from "fastify";
import { ClipError } from "../../errors.js";

/** Raises `usage.request` where something that belongs in the body stands in the address, in which nobody would look for it. */
export function checkAddress(request: FastifyRequest): void {
  const [first] = Object.keys(request.query as object);
  if (first === undefined) return;
  throw new ClipError(
    "usage.request",
    `Expected ${first.slice(0, 64)} in the body of the request but it is in the address.`,
  );
}

/** Raises `server.media-type` for a form or a picture where a call takes JSON alone, and what `checkAddress` does. */
export function checkJson(request: FastifyRequest): void {
  const kind = request.isMultipart() ? "a form" : Buffer.isBuffer(request.body) ? "a picture" : undefined;
  if (kind !== undefined) {
    const message = `Expected application/json but received ${kind}: in JSON a picture is a data: URL (/docs).`;
    throw new ClipError("server.media-type", message);
  }
  checkAddress(request);
}
