import { createReadStream } from "node:fs";
import { ClipError, type ErrorCode } from "../errors.js";

/** What a text file is to be, for its errors. */
export interface TextFileKind {
  readonly code: ErrorCode;
  /** `a file of labels`: what stands in "Expected … at PATH but …". */
  readonly what: string;
  /** Most bytes that are read. */
  readonly most: number;
}

const NEWLINE = 0x0a;

/** Undefined where the bytes are something else; a zero byte is UTF-16 without its mark, or no text at all. */
function decodedAs(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The line, from 1, of the first bytes that are not UTF-8. */
function lineThatFails(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(NEWLINE, from);
    const until = end < 0 ? bytes.length : end;
    if (decodedAs("utf-8", bytes.subarray(from, until)) === undefined) return line;
    from = until + 1;
  }
  return line;
}

/** Bytes → text without its mark: UTF-8, or UTF-16 with a mark, as Windows' own tools write it. Undefined where it is neither. */
function decoded(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodedAs("utf-16le", bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodedAs("utf-16be", bytes);
  return decodedAs("utf-8", bytes);
}

function whyUnread(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "there is no such file";
  if (error.code === "EISDIR") return "it is a folder";
  return `it can't be read (${error.code ?? error.message})`;
}

/**
 * The text of a file that a person wrote, or of a pipe. Raises the kind's code where nothing is there, where it is too long, and
 * where it is no text, with the line.
 */
export async function readTextFile(path: string, { code, what, most }: TextFileKind): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    // One byte more tells a file that is too long; what has no size, such as a pipe, is bounded too.
    for await (const chunk of createReadStream(path, { end: most })) chunks.push(chunk as Buffer);
  } catch (error) {
    const why = whyUnread(error as NodeJS.ErrnoException);
    throw new ClipError(code, `Expected ${what} at ${path} but ${why}.`, { cause: error });
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > most)
    throw new ClipError(code, `Expected at most ${most} bytes for ${what} but ${path} has more.`);
  const text = decoded(bytes);
  if (text !== undefined) return text;
  throw new ClipError(
    code,
    `Expected ${what} in UTF-8, or in UTF-16 with its mark, at ${path} but line ${lineThatFails(bytes)} is neither.`,
  );
}
