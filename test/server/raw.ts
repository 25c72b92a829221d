import { connect } from "node:net";
import { expect } from "vitest";
import { photo } from "./server.js";

/** What takes longer hangs. */
const LONGEST_MS = 60_000;

/** What came back to some bytes, however the other end behaves. */
export interface Raw {
  readonly status: number;
  readonly body: string;
}

/** Sends bytes as they are. Status 0: the server closed without an answer. */
export function send(bytes: Buffer | string, at: number, end = false): Promise<Raw> {
  return new Promise((done, fail) => {
    const socket = connect(at, "127.0.0.1");
    let text = "";
    const timer = setTimeout(() => {
      socket.destroy();
      fail(new Error(`no answer to ${String(bytes).slice(0, 80)}`));
    }, LONGEST_MS);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const [head = "", ...rest] = text.split("\r\n\r\n");
      done({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), body: rest.join("\r\n\r\n") });
    };
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const body = text.indexOf("\r\n\r\n");
      if (body >= 0 && length !== undefined && text.length >= body + 4 + Number(length)) finish();
    });
    socket.on("error", finish);
    socket.on("close", finish);
    if (end) socket.end(bytes);
    else socket.write(bytes);
  });
}

export function post(url: string, body: Buffer | string, type = "application/json", more = ""): Buffer {
  const bytes = Buffer.from(body as string);
  const head = `POST ${url} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n${more}\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** A 4xx with a code in problem details. */
export function expectRefused({ status, body }: Raw, what: string): void {
  expect(status, `${what}: ${body.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
  expect(status, `${what}: ${body.slice(0, 200)}`).toBeLessThan(500);
  expect(JSON.parse(body), what).toMatchObject({ status, code: expect.stringMatching(/^[a-z]+\.[a-z-]+$/) });
}

/** A request that is answered wherever anything is. */
export const good = (at: number): Promise<Raw> =>
  send(
    post(
      "/v1/classify",
      JSON.stringify({ image: { data: photo("cat").toString("base64") }, labels: ["cat", "dog"] }),
    ),
    at,
  );

export const HEAD = "Host: localhost\r\n";
