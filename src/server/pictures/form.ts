import type { FastifyRequest } from "fastify";
import { ClipError } from "../../errors.js";
import { tooLarge } from "../too-large.js";
import { type ClassifyAsked, classifyOptionsSchema } from "../wire/classify.js";
import { parse } from "../wire/parse.js";
import { checkValues, MOST_VALUES } from "../wire/values.js";
import type { NamedPicture } from "./pictures.js";

/** Fields of a form or an address whose values are numbers, truths, lists or JSON objects; all others are words. */
export interface FieldKinds {
  readonly numbers: ReadonlySet<string>;
  readonly truths: ReadonlySet<string>;
  readonly lists: ReadonlySet<string>;
  /** Words where they begin with no brace. */
  readonly objects: ReadonlySet<string>;
}

const OF_PICTURES: FieldKinds = {
  numbers: new Set(["level", "top", "coverage"]),
  truths: new Set(["sum", "perLabel", "uncertainty", "independent"]),
  lists: new Set(["labels", "templates", "domain"]),
  objects: new Set(),
};

/** Words of fields → the options of a request. `labels` is a JSON list, or words between commas. */
export function optionsOf(fields: Iterable<readonly [string, string]>): ClassifyAsked {
  return parse(classifyOptionsSchema, valuesOf(fields, OF_PICTURES), "the form");
}

/** Words of fields → values, to be checked by a schema. Raises `usage.request` for a field that comes twice. */
export function valuesOf(
  fields: Iterable<readonly [string, string]>,
  { numbers, truths, lists, objects }: FieldKinds,
): Record<string, unknown> {
  const asked = new Map<string, unknown>();
  for (const [name, value] of fields) {
    if (lists.has(name)) {
      const list = [...((asked.get(name) as unknown[]) ?? []), ...listOf(name, value)];
      if (list.length > MOST_VALUES.message)
        throw new ClipError("usage.request", `Expected at most ${MOST_VALUES.message} ${name}.`);
      asked.set(name, list);
    } else if (asked.has(name))
      throw new ClipError("usage.request", `Expected the field ${name.slice(0, 60)} once.`);
    else if (truths.has(name)) asked.set(name, value === "true" || value === "1" || value === "");
    else if (numbers.has(name) || (name === "abstain" && value !== "auto")) asked.set(name, numberOf(value));
    else if (objects.has(name) && /^\s*\{/.test(value)) asked.set(name, objectOf(name, value));
    else asked.set(name, value);
  }
  return Object.fromEntries(asked);
}

function numberOf(value: string): unknown {
  return value.trim() === "" ? value : Number(value);
}

function objectOf(name: string, value: string): unknown {
  checkValues(value, MOST_VALUES.message, `the field ${name}`);
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new ClipError("usage.request", `Expected ${name} as a JSON object.`, { cause: error });
  }
}

function listOf(name: string, value: string): unknown[] {
  checkValues(value, MOST_VALUES.message, `the field ${name}`);
  if (/^\s*\[/.test(value)) {
    try {
      const list: unknown = JSON.parse(value);
      if (Array.isArray(list)) return list;
    } catch {
      // Said below.
    }
    throw new ClipError("usage.request", `Expected ${name} as a JSON list or as words between commas.`);
  }
  if (name === "templates") return [value];
  return value
    .split(/[,，\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** A form's files and what its other fields ask. */
export async function readForm(
  request: FastifyRequest,
  most: number,
): Promise<{ pictures: NamedPicture[]; asked: ClassifyAsked }> {
  const { pictures, fields } = await readFiles(request, most);
  return { pictures, asked: optionsOf(fields) };
}

/** A form: its files, and its other fields as they are. Bounds of its parts are the multipart plug-in's. */
interface Form {
  readonly pictures: NamedPicture[];
  readonly fields: [string, string][];
}

/** The same with files that may be anything; one may have no bytes. */
interface Uploads {
  readonly files: { readonly name: string; readonly bytes: Uint8Array }[];
  readonly fields: [string, string][];
}

/** Raises `usage.form`, `server.too-large` where files and fields come to more than `most` bytes. */
export async function readFiles(request: FastifyRequest, most: number): Promise<Form> {
  const { files, fields } = await readUploads(request, most);
  const pictures = files.map(({ name, bytes }) => ({ name, input: bytes.length > 0 ? bytes : emptyFile() }));
  return { pictures, fields };
}

/** `mostOfOne`: bytes of one file; default: those of a picture. Raises `usage.form`, `server.too-large`. */
export async function readUploads(
  request: FastifyRequest,
  most: number,
  mostOfOne?: number,
): Promise<Uploads> {
  try {
    return await readParts(request, most, mostOfOne);
  } catch (error) {
    if (error instanceof ClipError || (error as { code?: unknown }).code !== undefined) throw error;
    // The parser's own words, such as "Unexpected end of form".
    const words = error instanceof Error ? error.message : String(error);
    throw new ClipError("usage.form", `Expected a whole multipart form but: ${words.slice(0, 100)}.`, {
      cause: error,
    });
  }
}

async function readParts(
  request: FastifyRequest,
  most: number,
  mostOfOne: number | undefined,
): Promise<Uploads> {
  const files: { name: string; bytes: Uint8Array }[] = [];
  const fields: [string, string][] = [];
  let bytes = 0;
  const count = (more: number): void => {
    bytes += more;
    if (bytes > most) throw tooLarge(most);
  };
  for await (const part of request.parts(
    mostOfOne === undefined ? {} : { limits: { fileSize: mostOfOne } },
  )) {
    if (part.type === "file") {
      const content = await part.toBuffer();
      count(content.length);
      const name = part.filename ? baseName(part.filename) : `#${files.length}`;
      files.push({ name, bytes: content });
    } else {
      const value = String(part.value);
      count(Buffer.byteLength(value));
      fields.push([part.fieldname, value]);
    }
  }
  return { files, fields };
}

function emptyFile(): ClipError {
  return new ClipError("image.empty", "Expected a picture but the file has no bytes.");
}

/** Browsers send names only; what sends paths is shown their last part. */
function baseName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? "").slice(0, 255) || "file";
}
