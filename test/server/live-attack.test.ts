import { type AddressInfo, connect as connectTcp } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "./live-client.js";
import { photo, startServer, type TestServer } from "./server.js";

let one: TestServer;
beforeAll(async () => {
  one = await startServer();
  await one.server.warm();
  await one.server.app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(() => one[Symbol.asyncDispose]());

/** The head of a client's frame (RFC 6455, 5.2) with a mask of zeros. */
function head(first: number, length: number | bigint): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(length));
  return Buffer.concat([Buffer.from([first, 0x80 | 127]), size, Buffer.alloc(4)]);
}

/** Sends bytes on an open socket as they are → the code that the server closes it with; 0 where it just ends. */
async function closedFor(bytes: Buffer): Promise<number> {
  const { port } = one.server.app.server.address() as AddressInfo;
  const socket = connectTcp(port, "127.0.0.1");
  socket.on("error", () => undefined);
  let got = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    got = Buffer.concat([got, chunk]);
  });
  socket.write(
    "GET /v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await expect.poll(() => got.includes("\r\n\r\n")).toBe(true);
  socket.write(bytes);
  const close = (): number | undefined => {
    const at = got.lastIndexOf(0x88);
    return at >= 0 && got.length >= at + 4 ? got.readUInt16BE(at + 2) : undefined;
  };
  let ended = false;
  socket.on("close", () => {
    ended = true;
  });
  await expect.poll(() => close() !== undefined || ended).toBe(true);
  socket.destroy();
  return close() ?? 0;
}

it.each([
  ["a message of four exabytes", head(0x82, 2n ** 62n), 1009],
  ["one of 2⁶⁴ − 1 bytes", head(0x82, 2n ** 64n - 1n), 1009],
  ["a megabyte more than is allowed", head(0x82, 5 << 20), 1009],
  ["words that are no UTF-8", Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]), 1007],
  ["a frame without a mask", Buffer.from([0x81, 0x01, 0x61]), 1002],
  ["compressed bytes where none were agreed", Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x61]), 1002],
  ["a continuation of nothing", Buffer.from([0x80, 0x81, 0, 0, 0, 0, 0x61]), 1002],
  ["an opcode that there is not", Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
  [
    "a ping of 126 bytes",
    Buffer.concat([Buffer.from([0x89, 0x80 | 126, 0, 126, 0, 0, 0, 0]), Buffer.alloc(126)]),
    1002,
  ],
  ["a close without a reason that there is", Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xec]), 1002],
])("%s closes the stream", async (_, bytes, code) => {
  expect(await closedFor(bytes)).toBe(code);
});

it("a message in thousands of pieces, a flood of pings and of text close the stream; another goes on", async () => {
  const other = await connect(one);
  other.say({ type: "start", labels: ["cat", "rocket"] });
  await other.next("ready");
  const pieces = await connect(one);
  for (let i = 0; i < 3_000; i++) pieces.socket.send("a", { fin: false });
  expect([1008, 1009, 1006]).toContain((await pieces.end()).code);
  const pings = await connect(one);
  for (let i = 0; i < 3_000; i++) pings.socket.ping(Buffer.alloc(125));
  expect([1008, 1006]).toContain((await pings.end()).code);
  // Slower, with the answers read: too many all the same.
  const steady = await connect(one);
  let answered = 0;
  steady.socket.on("pong", () => {
    answered += 1;
    if (steady.socket.readyState === steady.socket.OPEN) steady.socket.ping();
  });
  for (let i = 0; i < 8; i++) steady.socket.ping();
  expect(await steady.end()).toEqual({ code: 1008, reason: "server.busy" });
  expect(answered).toBeGreaterThan(100);
  other.frame(photo("rocket"), 1);
  expect((await other.next("frame")).predictions![0]!.label).toBe("rocket");
  other.socket.close();
  await other.end();
});
