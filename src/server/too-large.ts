import { ClipError } from "../errors.js";

/** A body of more bytes than are taken; `bytes` where its length was told. */
export function tooLarge(most: number, bytes?: number): ClipError {
  const came = bytes === undefined ? "more came" : `received ${bytes}`;
  return new ClipError("server.too-large", `Expected a body of at most ${most} bytes but ${came}.`);
}
