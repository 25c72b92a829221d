import { readFile } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { ClipError } from "../../errors.js";

/** A file of the package that a page is made of. Raises `search.page`. */
export async function asset(name: string): Promise<string> {
  try {
    return await readFile(new URL(name, import.meta.url), "utf8");
  } catch (error) {
    throw new ClipError("search.page", `Expected ${name} in zeroclip's package but it is not there.`, {
      cause: error,
    });
  }
}

/** A value inside a script element: nothing in it can end the element, or begin a comment. */
export function inScript(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

const SIGNS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text in HTML, also between double quotes. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => SIGNS[sign]!);
}

/** What follows a picture's path on a page at `page`: relative, so that both can be moved together; addresses as they are. */
export function addressFrom(page: string, path: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return path;
  const parts = relative(dirname(resolve(page)), path).split(sep);
  // Another drive of Windows has no relative path.
  if (/^[a-z]:$/i.test(parts[0]!))
    return `file:///${parts[0]}/${parts.slice(1).map(encodeURIComponent).join("/")}`;
  return parts.map(encodeURIComponent).join("/");
}

/** Pages load pictures beside them and nothing else. */
export const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' file: data:; base-uri 'none'; form-action 'none'";

/** A picture's bytes as an address; JPEG, PNG or WebP by their first bytes. */
export function dataAddress(bytes: Uint8Array): string {
  const kind = bytes[0] === 0xff ? "jpeg" : bytes[0] === 0x89 ? "png" : "webp";
  return `data:image/${kind};base64,${Buffer.from(bytes).toString("base64")}`;
}
