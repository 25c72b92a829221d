import { type FileHandle, open } from "node:fs/promises";
import { ClipError, throwIfAborted } from "../../errors.js";

/** A file inside an archive: where its bytes lie. Its name is only ever compared and shown; nothing is written under it. */
export interface TarMember {
  readonly name: string;
  readonly position: number;
  readonly size: number;
}

const BLOCK = 512;

/** Four members for each of a million pictures. */
const MOST_MEMBERS = 4_000_000;

/** A long name, or the few lines of an extended header. */
const MOST_NOTE = 64 * 1024;

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

/** Octal digits, or GNU's big-endian form for sizes above 8 GiB; NaN where it is neither. */
function numberOf(bytes: Uint8Array): number {
  if (bytes[0] === 0x80) return bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  const digits = textOf(bytes).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || "0", 8) : Number.NaN;
}

/** Sum of the header's bytes, its own field taken as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
}

/** Lines `<length> <key>=<value>` of an extended header. */
function extended(bytes: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(Buffer.from(bytes.subarray(at, space < 0 ? at : space)).toString("latin1"));
    if (!(Number.isInteger(length) && length > 0 && at + length <= bytes.length)) break;
    const line = Buffer.from(bytes.subarray(space + 1, at + length - 1)).toString("utf8");
    const equals = line.indexOf("=");
    if (equals > 0) found.set(line.slice(0, equals), line.slice(equals + 1));
    at += length;
  }
  return found;
}

/**
 * The plain files of a tar archive (POSIX, pax and GNU), in order; links, folders and devices are left out. Only headers are
 * read. Raises `evaluate.webdataset` with the place or member where the archive is none, or ends early.
 */
export async function* tarMembers(path: string, signal?: AbortSignal): AsyncGenerator<TarMember> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new ClipError(
      "evaluate.webdataset",
      `Expected a tar archive at ${path} but it can't be read (${error.code}).`,
    );
  });
  try {
    yield* membersOf(file, path, signal);
  } finally {
    await file.close();
  }
}

async function* membersOf(file: FileHandle, path: string, signal?: AbortSignal): AsyncGenerator<TarMember> {
  const { size: whole } = await file.stat();
  const header = new Uint8Array(BLOCK);
  let given: { name?: string; size?: number } = {};
  let count = 0;
  for (let at = 0; at < whole; ) {
    throwIfAborted(signal);
    const { bytesRead } = await file.read(header, 0, BLOCK, at);
    if (bytesRead === BLOCK && header.every((byte) => byte === 0)) return;
    if (bytesRead < BLOCK || checksum(header) !== numberOf(header.subarray(148, 156))) {
      throw new ClipError(
        "evaluate.webdataset",
        `Expected a tar header at byte ${at} of ${path} but found none.`,
      );
    }
    if (++count > MOST_MEMBERS) {
      throw new ClipError(
        "evaluate.webdataset",
        `Expected at most ${MOST_MEMBERS} members in ${path} but it has more.`,
      );
    }
    const prefix = textOf(header.subarray(257, 263)) === "ustar" ? textOf(header.subarray(345, 500)) : "";
    const short = textOf(header.subarray(0, 100));
    const name = given.name ?? (prefix === "" ? short : `${prefix}/${short}`);
    const size = given.size ?? numberOf(header.subarray(124, 136));
    const position = at + BLOCK;
    if (!Number.isSafeInteger(size) || size < 0 || position + size > whole) {
      throw new ClipError(
        "evaluate.webdataset",
        `Expected the whole of ${JSON.stringify(name.slice(0, 100))} in ${path} but the archive ends early.`,
      );
    }
    at = position + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156]!);
    if (type === "x" || type === "L") {
      if (size > MOST_NOTE) {
        throw new ClipError(
          "evaluate.webdataset",
          `Expected at most ${MOST_NOTE} bytes of header before a member of ${path} but found ${size}.`,
        );
      }
      const note = new Uint8Array(size);
      await file.read(note, 0, size, position);
      if (type === "L") given = { ...given, name: textOf(note) };
      else {
        const facts = extended(note);
        const [longName, longSize] = [facts.get("path"), facts.get("size")];
        given = {
          ...(longName === undefined ? {} : { name: longName }),
          ...(longSize === undefined ? {} : { size: Number(longSize) }),
        };
      }
      continue;
    }
    if (type === "0" || type === "\0") yield { name, position, size };
    // A header for all ("g") says nothing of the next member.
    if (type !== "g") given = {};
  }
}
