import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";

/** What a server does with one request for a file; `good` obeys ranges as RFC 9110 says. */
export type Behaviour =
  | { readonly kind: "good" }
  /** Sends so many bytes of what was asked for and cuts the connection. */
  | { readonly kind: "drop"; readonly after: number }
  /** Sends so many bytes and then nothing, with the connection open. */
  | { readonly kind: "stall"; readonly after: number }
  /** Says another length than it sends. */
  | { readonly kind: "length"; readonly declared: number }
  /** Chunked, without a length, more bytes than the file has. */
  | { readonly kind: "endless"; readonly bytes: number }
  /** Right length, other bytes. */
  | { readonly kind: "wrong" }
  /** The whole file with 200, whatever was asked. */
  | { readonly kind: "no-ranges" }
  /** 206 with a Content-Range of its own fancy. */
  | { readonly kind: "range"; readonly header: (start: number) => string }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: "redirect"; readonly to: string }
  /** Compressed although nobody asked for that. */
  | { readonly kind: "gzip" }
  /** So many bytes at a time with a pause between. */
  | { readonly kind: "drip"; readonly chunk: number; readonly ms: number }
  /** The file under another ETag; `deaf` goes on although If-Range names the old one. */
  | { readonly kind: "etag"; readonly etag: string; readonly deaf?: boolean };

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

export interface HostileServer extends AsyncDisposable {
  readonly origin: string;
  /** Files by path (`/models/x`). */
  readonly files: Map<string, Buffer>;
  /** JSON answers by path with query. */
  readonly answers: Map<string, unknown>;
  /** What to do with the next requests for files, in order; after that `rest`. */
  readonly script: Behaviour[];
  rest: Behaviour;
  readonly requests: SeenRequest[];
  /** Bytes of bodies handed to the system so far. */
  sent: number;
  /** Called after each piece of a `drip`, with `sent`. */
  onSent?: ((sent: number) => void) | undefined;
}

/** A server on 127.0.0.1 that lies, stalls and drops as it is told. */
export async function startHostileServer(): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    answer(hostile, request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const hostile: HostileServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    answers: new Map(),
    script: [],
    rest: { kind: "good" },
    requests: [],
    sent: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  return hostile;
}

const etagOf = (file: Buffer): string => `"${createHash("sha256").update(file).digest("hex").slice(0, 16)}"`;

async function answer(
  server: HostileServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? "/";
  server.requests.push({ path, headers: request.headers });
  const json = server.answers.get(path);
  const file = server.files.get(path);
  if (json === undefined && file === undefined) {
    response.writeHead(404).end("no such file");
    return;
  }
  const behaviour = server.script.shift() ?? server.rest;
  if (behaviour.kind === "status") {
    response.writeHead(behaviour.status, behaviour.headers ?? {}).end("no");
  } else if (behaviour.kind === "redirect") {
    response.writeHead(302, { location: behaviour.to }).end();
  } else if (json !== undefined) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(typeof json === "string" ? json : JSON.stringify(json));
  } else if (file !== undefined) {
    await sendFile(server, file, behaviour, request, response);
  }
}

async function sendFile(
  server: HostileServer,
  file: Buffer,
  behaviour: Behaviour,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const etag = behaviour.kind === "etag" ? behaviour.etag : etagOf(file);
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const ifRange = request.headers["if-range"];
  const deaf = behaviour.kind === "etag" && behaviour.deaf === true;
  const current = deaf || ifRange === undefined || ifRange === etag;
  const ranged = asked !== undefined && behaviour.kind !== "no-ranges" && current;
  const start = ranged ? Number(asked) : 0;
  if (ranged && start >= file.length) {
    response.writeHead(416, { "content-range": `bytes */${file.length}` }).end();
    return;
  }
  const body = file.subarray(start);
  const headers: Record<string, string | number> = { etag, "content-length": body.length };
  if (ranged) headers["content-range"] = `bytes ${start}-${file.length - 1}/${file.length}`;
  if (behaviour.kind === "range") headers["content-range"] = behaviour.header(start);
  if (behaviour.kind === "length") headers["content-length"] = behaviour.declared;
  if (behaviour.kind === "endless") delete headers["content-length"];
  const status = ranged || behaviour.kind === "range" ? 206 : 200;
  const send = async (bytes: Buffer): Promise<void> => {
    server.sent += bytes.length;
    await new Promise<void>((done) => response.write(bytes, () => done()));
    server.onSent?.(server.sent);
  };
  switch (behaviour.kind) {
    case "drop":
      response.writeHead(status, headers);
      await send(body.subarray(0, behaviour.after));
      // Time to read what was sent: a cut connection throws away what its reader has not taken.
      await wait(50);
      response.destroy();
      return;
    case "stall":
      response.writeHead(status, headers);
      await send(body.subarray(0, behaviour.after));
      return;
    case "length":
      // Straight to the socket: Node's own server refuses to lie.
      response.writeHead(status, headers);
      response.flushHeaders();
      server.sent += body.length;
      request.socket.write(body);
      await wait(50);
      request.socket.end();
      return;
    case "endless":
      response.writeHead(status, headers);
      for (let sent = 0; sent < behaviour.bytes && !response.destroyed; sent += 65_536)
        await send(Buffer.alloc(65_536));
      response.end();
      return;
    case "wrong":
      response.writeHead(status, headers);
      await send(Buffer.from(body.map((byte) => byte ^ 0xff)));
      response.end();
      return;
    case "gzip": {
      const packed = gzipSync(body);
      response.writeHead(status, { ...headers, "content-encoding": "gzip", "content-length": packed.length });
      await send(packed);
      response.end();
      return;
    }
    case "drip":
      response.writeHead(status, headers);
      for (let at = 0; at < body.length && !response.destroyed; at += behaviour.chunk) {
        await send(body.subarray(at, at + behaviour.chunk));
        if (behaviour.ms > 0) await wait(behaviour.ms);
      }
      response.end();
      return;
    default:
      response.writeHead(status, headers);
      await send(body);
      response.end();
  }
}
