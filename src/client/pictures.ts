import type { ClassifyRequest } from "../server/wire/classify.js";

/**
 * A picture: its encoded bytes, or a string (a data URL, or an http(s) address where the server fetches them), or either with
 * the name that answers call it by.
 */
export type ClientPicture = Blob | Uint8Array | ArrayBuffer | string | NamedPicture;

export interface NamedPicture {
  readonly picture: Blob | Uint8Array | ArrayBuffer | string;
  readonly name: string;
}

interface Named {
  readonly name: string | undefined;
  readonly picture: Blob | string;
}

function named(given: ClientPicture): Named {
  if (typeof given === "object" && "picture" in given) return { ...named(given.picture), name: given.name };
  if (typeof given === "string") return { name: undefined, picture: given };
  if (!(given instanceof Blob))
    return { name: undefined, picture: new Blob([given as Uint8Array<ArrayBuffer>]) };
  return { name: "name" in given ? String(given.name) : undefined, picture: given };
}

/** Bytes of a picture as base64, in pieces that a call can take as arguments. */
export async function dataUrl(picture: Blob): Promise<string> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return `data:${picture.type === "" ? "application/octet-stream" : picture.type};base64,${btoa(text)}`;
}

/** One picture as a string that JSON takes. */
export async function asText(given: ClientPicture): Promise<string> {
  const { picture } = named(given);
  return typeof picture === "string" ? picture : dataUrl(picture);
}

type Options = Omit<ClassifyRequest, "image" | "images">;

/** Pictures and options → a request: a form where all are bytes (a third smaller than base64), else JSON. */
export async function classifyBody(
  pictures: readonly ClientPicture[],
  options: Options,
): Promise<{ body: () => string | FormData; headers: Readonly<Record<string, string>> }> {
  const all = pictures.map(named);
  if (all.every(({ picture }) => typeof picture !== "string"))
    return { body: () => filledForm(all, options), headers: {} };
  const images = await Promise.all(
    all.map(async ({ name, picture }) => {
      const url = typeof picture === "string" ? picture : await dataUrl(picture);
      return name === undefined ? { url } : { url, name };
    }),
  );
  const json = JSON.stringify({ ...options, images });
  return { body: () => json, headers: { "content-type": "application/json" } };
}

/** Pictures as the files of a form, beside other fields. Raises `TypeError` for a string: what is uploaded are bytes. */
export function formOf(
  given: readonly ClientPicture[],
  fields: Readonly<Record<string, string | undefined>> = {},
): FormData {
  const all = given.map(named);
  if (all.some(({ picture }) => typeof picture === "string"))
    throw new TypeError("Expected pictures as bytes but received a string.");
  return filledForm(all, fields);
}

function filledForm(pictures: readonly Named[], options: Readonly<Record<string, unknown>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(options))
    if (value !== undefined) form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  for (const [i, { picture, name = `#${i}` }] of pictures.entries())
    form.append("image", picture as Blob, name);
  return form;
}
