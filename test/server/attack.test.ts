import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataUrl, startServer, type TestServer } from "./server.js";

const HEAD = "Host: localhost\r\n";
const portOf = ({ server }: TestServer): number => (server.app.server.address() as AddressInfo).port;

/** A connection and what came back on it. */
interface Wire {
  readonly socket: Socket;
  readonly text: () => string;
  readonly closed: () => boolean;
}

async function wire(port: number): Promise<Wire> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let closed = false;
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    closed = true;
  });
  await new Promise<void>((done) => socket.once("connect", done));
  return { socket, text: () => text, closed: () => closed };
}
const statuses = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

let one: TestServer;
let port = 0;
const listen = async (server: TestServer): Promise<number> => {
  await server.server.app.listen({ port: 0, host: "127.0.0.1" });
  return portOf(server);
};
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
  port = await listen(one);
});
afterAll(() => one[Symbol.asyncDispose]());

const classify = (at = port): Promise<Response> =>
  fetch(`http://127.0.0.1:${at}/v1/classify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ image: dataUrl("cat"), labels: ["cat", "dog"] }),
  });

describe("connections", () => {
  it("three hundred that send a head byte by byte hold nobody else up, and are ended", async () => {
    await using slow = await startServer({ settings: { bodyTimeoutMs: 2000 } });
    await slow.server.warm();
    const at = await listen(slow);
    const wires = await Promise.all(Array.from({ length: 300 }, () => wire(at)));
    const request = `POST /v1/classify HTTP/1.1\r\n${HEAD}X-A: `;
    let sent = 0;
    const drip = setInterval(() => {
      const next = request[sent++] ?? "a";
      for (const { socket } of wires) if (socket.writable) socket.write(next);
    }, 20);
    try {
      expect((await classify(at)).status).toBe(200);
      await expect.poll(() => wires.every(({ closed }) => closed())).toBe(true);
      expect(new Set(wires.flatMap(({ text }) => statuses(text())))).toEqual(new Set([408]));
    } finally {
      clearInterval(drip);
    }
    expect((await classify(at)).status).toBe(200);
  });

  it("more than are allowed are closed, and there is room again once some have gone", async () => {
    await using few = await startServer({ settings: { maxConnections: 10 } });
    const at = await listen(few);
    const wires = await Promise.all(Array.from({ length: 14 }, () => wire(at)));
    await expect.poll(() => wires.filter(({ closed }) => closed()).length).toBe(4);
    for (const { socket } of wires) socket.destroy();
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${at}/healthz`).catch(() => undefined))?.status)
      .toBe(200);
  });

  it("five hundred requests in one write are answered in order, each by itself", async () => {
    const line = (i: number): string =>
      i % 5 === 4
        ? `GET /v1/label-sets/none-${i} HTTP/1.1\r\n${HEAD}\r\n`
        : i % 5 === 3
          ? `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`
          : `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`;
    const expected = [200, 200, 200, 400, 404];
    const { socket, text } = await wire(port);
    socket.write(Array.from({ length: 500 }, (_, i) => line(i)).join(""));
    await expect.poll(() => statuses(text()).length).toBe(500);
    expect(statuses(text())).toEqual(Array.from({ length: 500 }, (_, i) => expected[i % 5]));
    socket.destroy();
  });

  it("a request hidden in the body of another is no request", async () => {
    const hidden = `GET /v1/models HTTP/1.1\r\n${HEAD}\r\n`;
    const { socket, text } = await wire(port);
    socket.write(
      `GET /healthz HTTP/1.1\r\n${HEAD}Content-Length: ${hidden.length}\r\n\r\n${hidden}GET /readyz HTTP/1.1\r\n${HEAD}\r\n`,
    );
    await expect.poll(() => statuses(text()).length).toBe(2);
    expect(text()).not.toContain('"object":"list"');
    socket.destroy();
  });
});

describe("memory", () => {
  it("answers that nobody reads hold no place of others, and the longest unread are cut off", async () => {
    await using small = await startServer({ settings: { maxInFlight: 16 } });
    const at = await listen(small);
    const labels = Array.from({ length: 14_000 }, (_, i) => ({
      name: `label ${i}`,
      description: "d".repeat(500),
    }));
    const url = `http://127.0.0.1:${at}/v1/label-sets/big`;
    const put = {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ labels }),
    };
    expect((await fetch(url, put)).status).toBe(200);
    const wires = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const one = await wire(at);
        one.socket.pause();
        return one;
      }),
    );
    // One after the other: each is given before the next one asks.
    for (const { socket } of wires) {
      socket.write(`GET /v1/label-sets/big HTTP/1.1\r\n${HEAD}\r\n`);
      await expect.poll(async () => (await fetch(`http://127.0.0.1:${at}/v1/models`)).status).toBe(200);
    }
    // 60 answers of 7.5 MB are more than 256 MB: the first ones are gone.
    for (const { socket } of wires.slice(0, 10)) socket.resume();
    await expect.poll(() => wires.slice(0, 10).every(({ closed }) => closed())).toBe(true);
    const { socket, text } = wires.at(-1)!;
    socket.resume();
    await expect.poll(() => text().length).toBeGreaterThan(7_000_000);
    for (const one of wires) one.socket.destroy();
  });

  it("bodies of all requests together are bounded before they come; a small one still fits", async () => {
    await using small = await startServer({
      settings: { maxBodiesBytes: 20_000_000, maxBodyBytes: 8_000_000 },
    });
    await small.server.warm();
    const at = await listen(small);
    const head = (more: string): string =>
      `POST /v1/classify?labels=a,b HTTP/1.1\r\n${HEAD}Content-Type: image/jpeg\r\n${more}\r\n\r\n`;
    const first = await wire(at);
    first.socket.write(head("Content-Length: 7000000"));
    first.socket.write(Buffer.alloc(1_000_000));
    await expect
      .poll(async () => {
        const second = await wire(at);
        second.socket.write(head("Content-Length: 7000000"));
        await expect.poll(() => statuses(second.text()).length).toBe(1);
        second.socket.destroy();
        return statuses(second.text());
      })
      .toEqual([429]);
    // One that does not say how long it is may be the largest.
    const third = await wire(at);
    third.socket.write(head("Transfer-Encoding: chunked"));
    await expect.poll(() => statuses(third.text())).toEqual([429]);
    expect(third.text()).toMatch(/retry-after: 1/i);
    expect((await classify(at)).status).toBe(200);
    first.socket.destroy();
    third.socket.destroy();
    await expect
      .poll(async () => {
        const again = await wire(at);
        again.socket.write(
          Buffer.concat([Buffer.from(head("Content-Length: 7000000")), Buffer.alloc(7_000_000)]),
        );
        await expect.poll(() => statuses(again.text()).length).toBe(1);
        again.socket.destroy();
        return statuses(again.text());
      })
      .toEqual([400]);
  });

  it("a client who sends slowly leaves half of all places and bytes to others, and the server watched", async () => {
    await using busy = await startServer({ settings: { maxInFlight: 8, trustProxy: true } });
    await busy.server.warm();
    const at = await listen(busy);
    const head = (client: string, more: string): string =>
      `POST /v1/classify?labels=a,b HTTP/1.1\r\n${HEAD}Content-Type: image/jpeg\r\nX-Forwarded-For: ${client}\r\n${more}\r\n\r\n`;
    const slow = await Promise.all(Array.from({ length: 8 }, () => wire(at)));
    for (const { socket } of slow) socket.write(head("203.0.113.1", "Content-Length: 1000"));
    // Half of them wait for their bodies, the others are told to come again.
    await expect.poll(() => slow.flatMap(({ text }) => statuses(text()))).toEqual([429, 429, 429, 429]);
    expect((await classify(at)).status).toBe(200);
    // Of all places none is left once another one does the same.
    const others = await Promise.all(Array.from({ length: 5 }, () => wire(at)));
    for (const { socket } of others) socket.write(head("203.0.113.2", "Content-Length: 1000"));
    await expect.poll(() => others.flatMap(({ text }) => statuses(text()))).toEqual([429]);
    expect((await classify(at)).status).toBe(429);
    for (const path of ["/healthz", "/readyz", "/metrics"])
      expect((await fetch(`http://127.0.0.1:${at}${path}`)).status).toBe(200);
    for (const { socket } of [...slow, ...others]) socket.destroy();
    await expect.poll(async () => (await classify(at)).status).toBe(200);
  });
});
