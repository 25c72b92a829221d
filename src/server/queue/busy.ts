import { ClipError } from "../../errors.js";

/** Refused because what came before takes too long; `retryAfter` says when to come again, seconds. */
export class BusyError extends ClipError {
  constructor(readonly retryAfter: number) {
    super("server.busy", `Expected a free place in the queue but it is full: try again in ${retryAfter} s.`);
  }
}
