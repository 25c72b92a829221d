import type { InjectOptions, LightMyRequestResponse } from "fastify";
import type { TestServer } from "./server.js";

/** What is looked at of an answer about a shape. */
export interface ShapeResult {
  readonly shape: string;
  readonly predictions: readonly { readonly label: string; readonly probability: number }[];
  readonly points?: number;
  readonly faces?: number;
  readonly views?: readonly { readonly name: string; readonly image: string }[];
  readonly outline?: { readonly positions: string; readonly faces?: string };
  readonly error?: { readonly code: string; readonly message: string };
}

export type NamedFile = readonly [name: string, bytes: Uint8Array];

/** Asks a server as one of this machine does. */
export function asking({ server }: TestServer): (options: InjectOptions) => Promise<LightMyRequestResponse> {
  return (options) => server.app.inject({ ...options, headers: { host: "localhost", ...options.headers } });
}

/** A form of files and fields, as browsers send it. */
async function form(files: readonly NamedFile[], fields: Readonly<Record<string, string>>) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  for (const [name, bytes] of files) data.append("shape", new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const response = new Response(data);
  return {
    payload: Buffer.from(await response.arrayBuffer()),
    headers: { "content-type": response.headers.get("content-type")! },
  };
}

/** What the server says of files. */
export async function classifyShapes(
  one: TestServer,
  files: readonly NamedFile[],
  fields: Readonly<Record<string, string>>,
): Promise<{ status: number; code?: string; results: readonly ShapeResult[] }> {
  const sent = await form(files, { views: "6", ...fields });
  const answer = await asking(one)({ method: "POST", url: "/v1/points/classify", ...sent });
  return { status: answer.statusCode, ...answer.json() };
}
