import type { FastifyRequest } from "fastify";
import type { Asker } from "../queue/batcher.js";
import type { Priority } from "../queue/fair-queue.js";

/** Who asks: the holder of a key, else the address. Fires `signal` when nobody waits for the answer any more. */
export function askerOf(
  request: FastifyRequest,
  priority: Priority = "interactive",
): Asker & { signal: AbortSignal } {
  return { client: request.keyId ?? request.ip, priority, signal: request.gone };
}
