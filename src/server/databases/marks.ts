import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ClipError } from "../../errors.js";

/** How long an address works at least, ms; and at most twice as long: addresses of one hour are equal, so that browsers keep pictures. */
const HOUR_MS = 60 * 60 * 1000;

/** Beside whatever else an address of a picture says. */
export const signedSchema = z.object({
  until: z.coerce.number().int().optional(),
  mark: z.string().max(100).optional(),
});

/** Marks in addresses of pictures, as an <img> can't send a key: they name one thing, their end, and are signed. */
export class Marks {
  readonly #secret: Uint8Array;

  /** `secret`: the same for servers behind one address; default: this process's own. */
  constructor(secret: Uint8Array = randomBytes(32)) {
    this.#secret = secret;
  }

  /** `until=…&mark=…` */
  queryFor(what: string): string {
    const until = (Math.ceil(Date.now() / HOUR_MS) + 1) * HOUR_MS;
    return `until=${until}&mark=${this.#mark(what, until)}`;
  }

  /** Raises `server.auth` where the mark is of something else, or of the past. */
  check(what: string, until: number, mark: string): void {
    const [given, due] = [Buffer.from(mark), Buffer.from(this.#mark(what, until))];
    if (given.length === due.length && timingSafeEqual(given, due) && Date.now() < until) return;
    throw new ClipError(
      "server.auth",
      "Expected an address of a picture as the server gives it, no older than an hour, or a key.",
    );
  }

  #mark(what: string, until: number): string {
    return createHmac("sha256", this.#secret).update(`${until} ${what}`).digest("base64url");
  }
}
