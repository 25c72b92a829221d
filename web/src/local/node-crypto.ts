import { sha256Bytes } from "../../../src/browser/sha256";

/** What shared rooms ask of node:crypto, for the browser: the SHA-256 of a little text. */
export function createHash(_: "sha256"): Hash {
  return new Hash();
}

class Hash {
  readonly #parts: Uint8Array[] = [];

  update(data: string | Uint8Array): this {
    this.#parts.push(typeof data === "string" ? new TextEncoder().encode(data) : data);
    return this;
  }

  digest(_: "hex"): string {
    const whole = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return Array.from(sha256Bytes(whole), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}
