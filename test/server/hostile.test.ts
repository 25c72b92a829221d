import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { deflateSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createKey, readKeys } from "../../src/server/keys/keys.js";
import { localResolver } from "../support/resolver.js";
import { photo, startServer, type TestServer } from "./server.js";

let one: TestServer;
let port = 0;
beforeAll(async () => {
  one = await startServer({
    settings: { maxPixels: 2_000_000, maxPictureBytes: 1_000_000 },
  });
  await one.server.warm();
  await one.server.app.listen({ port: 0, host: "127.0.0.1" });
  port = (one.server.app.server.address() as AddressInfo).port;
});
afterAll(() => one[Symbol.asyncDispose]());

/** What came back to some bytes, however the other end behaves. */
interface Raw {
  readonly status: number;
  readonly body: string;
}

/** Sends bytes as they are. Status 0: the server closed without an answer. */
function raw(bytes: Buffer | string, { at = port, end = false } = {}): Promise<Raw> {
  return new Promise((done, fail) => {
    const socket = connect(at, "127.0.0.1");
    let text = "";
    const timer = setTimeout(() => {
      socket.destroy();
      fail(new Error(`no answer to ${String(bytes).slice(0, 80)}`));
    }, 30_000);
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

function post(url: string, body: Buffer | string, type = "application/json", more = ""): Buffer {
  const bytes = Buffer.from(body as string);
  const head = `POST ${url} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n${more}\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** A 4xx with a code in problem details. */
function expectRefused({ status, body }: Raw, what: string): void {
  expect(status, `${what}: ${body.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
  expect(status, `${what}: ${body.slice(0, 200)}`).toBeLessThan(500);
  expect(JSON.parse(body), what).toMatchObject({ status, code: expect.stringMatching(/^[a-z]+\.[a-z-]+$/) });
}

const good = (at = port): Promise<Raw> =>
  raw(
    post(
      "/v1/classify",
      JSON.stringify({ image: { data: photo("cat").toString("base64") }, labels: ["cat", "dog"] }),
    ),
    { at },
  );
afterEach(async () => {
  expect((await good()).status).toBe(200);
});

/** One chunk of a PNG, its checksum not right: readers look at it first. */
function png(width: number, height: number, data: Buffer): Buffer {
  const chunk = (type: string, bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, Buffer.from(type), bytes, Buffer.alloc(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const sign = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([sign, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

const cat = photo("cat");
const PICTURES: readonly (readonly [string, Buffer])[] = [
  ["no bytes", Buffer.alloc(0)],
  ["one byte", Buffer.of(1)],
  ["words", Buffer.from("this is no picture")],
  ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  [
    "an SVG that asks for a file",
    Buffer.from('<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'),
  ],
  ["a page", Buffer.from("<!doctype html><script>alert(1)</script>")],
  ["a PDF", Buffer.from("%PDF-1.7\n1 0 obj<<>>endobj")],
  ["a zip", Buffer.from("PK\u0003\u0004aaaaaaaaaaaaaaaaaaaaaaaaaaaaa")],
  ["half a JPEG", cat.subarray(0, cat.length >> 1)],
  ["the first bytes of a JPEG", cat.subarray(0, 20)],
  ["a JPEG with a hole", Buffer.concat([cat.subarray(0, 400), Buffer.alloc(400), cat.subarray(400, 900)])],
  ["a PNG of 60,000 × 60,000", png(60_000, 60_000, deflateSync(Buffer.alloc(1000)))],
  ["a PNG of 2³¹ pixels a side", png(0x7fffffff, 0x7fffffff, Buffer.alloc(10))],
  ["a PNG without pixels", png(0, 0, Buffer.alloc(0))],
  ["a PNG that unpacks to 180 MB", png(9000, 6700, deflateSync(Buffer.alloc(60_000_000)))],
  ["a GIF's head", Buffer.from("GIF89a\xff\xff\xff\xff", "latin1")],
  ["a WebP's head", Buffer.from("RIFF\u0010\u0000\u0000\u0000WEBPVP8 ")],
  [
    "a TIFF that points at itself",
    Buffer.from("II*\u0000\u0008\u0000\u0000\u0000\u0001\u0000\u0000\u0000", "latin1"),
  ],
  ["more bytes than allowed", Buffer.alloc(1_100_000, 255)],
];

describe("pictures", () => {
  it.each(PICTURES)("%s", async (what, bytes) => {
    const labels = { labels: ["cat", "dog"] };
    expectRefused(await raw(post("/v1/classify?labels=cat,dog", bytes, "image/jpeg")), what);
    const coded = { image: { data: bytes.toString("base64") || "=" }, ...labels };
    expectRefused(await raw(post("/v1/classify", JSON.stringify(coded))), what);
    const form = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename="../../x"\r\n\r\n'),
      bytes,
      Buffer.from('\r\n--b\r\nContent-Disposition: form-data; name="labels"\r\n\r\ncat,dog\r\n--b--\r\n'),
    ]);
    expectRefused(await raw(post("/v1/classify", form, "multipart/form-data; boundary=b")), what);
  });
});

const part = (name: string, value = "x"): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const FORMS: readonly (readonly [string, string, string?])[] = [
  ["no boundary", "--b--\r\n", "multipart/form-data"],
  ["an empty boundary", "----\r\n", "multipart/form-data; boundary="],
  ["another boundary", `${part("labels", "a,b")}--b--\r\n`, "multipart/form-data; boundary=c"],
  ["nothing", ""],
  ["no end", part("labels", "a,b")],
  ["a part without a name", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"],
  ["a part without a head", "--b\r\n\r\nx\r\n--b--\r\n"],
  ["no file", `${part("labels", "a,b")}--b--\r\n`],
  ["10,000 parts", `${part("a").repeat(10_000)}--b--\r\n`],
  ["a huge name", `${part("n".repeat(5000))}--b--\r\n`],
  ["a field twice", `${part("model", "a")}${part("model", "b")}--b--\r\n`],
  ["a field of the prototype", `${part("__proto__", "1")}${part("constructor", "1")}--b--\r\n`],
  [
    "a nested form",
    `--b\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--\r\n`,
  ],
  ["numbers that are none", `${part("top", "many")}${part("labels", "a,b")}--b--\r\n`],
  ["a broken list", `${part("labels", '["a",')}--b--\r\n`],
];

it.each(FORMS.map((row) => ({ row, what: row[0] })))("a form with $what", async ({ row }) => {
  const [what, body, type = "multipart/form-data; boundary=b"] = row;
  expectRefused(await raw(post("/v1/classify", body, type)), what);
});

const VALUES = [
  '""',
  "0",
  "-1",
  "1e309",
  "null",
  "true",
  "{}",
  "[]",
  '["a",1]',
  "[null]",
  '"\\ud800"',
  '{"a":1}',
  "[[[[]]]]",
];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "/v1/classify": [
    "images",
    "labels",
    "labelSet",
    "level",
    "domain",
    "templates",
    "views",
    "top",
    "coverage",
  ],
  "/v1/embeddings": ["messages", "modality", "encoding_format", "dimensions"],
  "/v1/similarity": ["images"],
  "/v1/label-sets": ["name", "labels"],
};

it("fields of every wrong type", async () => {
  let count = 0;
  for (const [url, fields] of Object.entries(FIELDS)) {
    for (const field of fields) {
      for (const value of VALUES) {
        const answer = await raw(post(url, `{"${field}":${value}}`));
        // A few are right by themselves ("views" need no more than null-free words): none of them may be a whole request.
        expectRefused(answer, `${url} ${field} ${value}`);
        count += 1;
      }
    }
  }
  expect(count).toBeGreaterThan(200);
}, 60_000);

const BODIES: readonly (readonly [string, string | Buffer, string?])[] = [
  ["nothing", ""],
  ["half of it", '{"image": "'],
  ["a list", "[]"],
  ["a word", '"x"'],
  ["null", "null"],
  ["a prototype", '{"__proto__": {"labels": ["a"]}, "image": "x"}'],
  ["a constructor", '{"constructor": {"prototype": {"x": 1}}, "image": "x", "labels": ["a"]}'],
  ["bad UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ["a byte order mark and nothing", "\ufeff"],
  ["100,000 brackets", "[".repeat(100_000)],
  ["100,000 nested fields", '{"a":'.repeat(50_000)],
  ["a key of a megabyte", `{"${"k".repeat(1_000_000)}": 1}`],
  ["a data URL that is none", '{"image": "data:image/png;base64,####", "labels": ["a"]}'],
  ["a data URL without base64", '{"image": "data:image/png,AAAA", "labels": ["a"]}'],
  ["a file's address", '{"image": "file:///etc/passwd", "labels": ["a"]}'],
  ["a script's address", '{"image": "javascript:1", "labels": ["a"]}'],
  ["words as XML", "<a/>", "application/xml"],
  ["words as text", "{}", "text/plain"],
  ["a type that is none", "{}", "x"],
  [
    "10,001 labels",
    JSON.stringify({ image: "data:;base64,AAAA", labels: Array.from({ length: 10_001 }, (_, i) => `l${i}`) }),
  ],
  ["65 pictures", JSON.stringify({ images: Array(65).fill("data:;base64,AAAA"), labels: ["a"] })],
  ["a label of 2,000 signs", JSON.stringify({ image: "data:;base64,AAAA", labels: ["x".repeat(2000)] })],
  [
    "labels times templates beyond all bounds",
    JSON.stringify({
      image: "data:;base64,AAAA",
      labels: Array.from({ length: 9000 }, (_, i) => `l${i}`),
      templates: Array.from({ length: 100 }, (_, i) => `${i} {}`),
    }),
  ],
];

it.each(BODIES.map((row) => ({ row, what: row[0] })))("a body of $what", async ({ row }) => {
  const [what, body, type = "application/json"] = row;
  expectRefused(await raw(post("/v1/classify", body, type)), what);
});

const HEAD = "Host: localhost\r\n";
const LINES: readonly (readonly [string, string])[] = [
  ["no HTTP", "hello\r\n\r\n"],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["a version that there is not", `GET / HTTP/9.9\r\n${HEAD}\r\n`],
  ["a method that there is not", `BREW / HTTP/1.1\r\n${HEAD}\r\n`],
  ["two lengths", `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  [
    "a length and chunks",
    `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    "chunks that are none",
    `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
  ],
  ["a negative length", `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Length: -5\r\n\r\n`],
  [
    "a huge length",
    `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{`,
  ],
  ["a head of 100 KB", `GET / HTTP/1.1\r\n${HEAD}X: ${"a".repeat(100_000)}\r\n\r\n`],
  ["3,000 lines", `GET /none HTTP/1.1\r\n${HEAD}${"A: b\r\n".repeat(3000)}\r\n`],
  ["an address of 100 KB", `GET /${"a".repeat(100_000)} HTTP/1.1\r\n${HEAD}\r\n`],
  ["no host", "GET /v1/models HTTP/1.1\r\n\r\n"],
  ["a foreign host", "GET /v1/models HTTP/1.1\r\nHost: attacker.example\r\n\r\n"],
  ["a host that begins as ours", "GET /v1/models HTTP/1.1\r\nHost: localhost.attacker.example\r\n\r\n"],
  [
    "a foreign origin",
    `POST /v1/classify HTTP/1.1\r\n${HEAD}Origin: https://attacker.example\r\nContent-Length: 0\r\n\r\n`,
  ],
  ["an origin of null", `POST /v1/classify HTTP/1.1\r\n${HEAD}Origin: null\r\nContent-Length: 0\r\n\r\n`],
  ["an unknown address", `GET /v2/nothing HTTP/1.1\r\n${HEAD}\r\n`],
  ["a way out of the folder", `GET /docs/../../package.json HTTP/1.1\r\n${HEAD}\r\n`],
  ["a coded way out", `GET /docs/..%2f..%2fpackage.json HTTP/1.1\r\n${HEAD}\r\n`],
  ["a twice coded way out", `GET /v1/label-sets/..%252f..%252fkeys HTTP/1.1\r\n${HEAD}\r\n`],
  ["a zero byte", `GET /v1/label-sets/%00 HTTP/1.1\r\n${HEAD}\r\n`],
  ["a broken escape", `GET /v1/label-sets/%zz HTTP/1.1\r\n${HEAD}\r\n`],
  ["a version that is none", `GET /v1/label-sets/everyday?version=1e9 HTTP/1.1\r\n${HEAD}\r\n`],
  ["a wrong method", `DELETE /v1/models HTTP/1.1\r\n${HEAD}\r\n`],
];

it.each(LINES)("a request with %s", async (what, bytes) => {
  expectRefused(await raw(Buffer.from(bytes, "latin1")), what);
});

describe("those who are slow or go away", () => {
  it("a body that never comes ends with 408, a head too", async () => {
    const body = `POST /v1/classify HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    // Its own: on a busy machine an honest request may take as long as this one allows.
    await using short = await startServer({ settings: { bodyTimeoutMs: 1000, preload: false } });
    await short.server.app.listen({ port: 0, host: "127.0.0.1" });
    const { port: at } = short.server.app.server.address() as AddressInfo;
    const heads = await Promise.all([raw(body, { at }), raw("GET /v1/mod", { at })]);
    for (const answer of heads) expectRefused(answer, "slow");
    expect(heads.map(({ status }) => status)).toEqual([408, 408]);
  }, 30_000);

  it("half-closed and dropped sockets leave nothing behind", async () => {
    const whole = post(
      "/v1/classify",
      JSON.stringify({ image: { data: cat.toString("base64") }, labels: ["a", "b"] }),
    );
    // Half-closed: what was asked is answered all the same.
    expect([0, 200]).toContain((await raw(whole, { end: true })).status);
    for (let i = 0; i < 30; i++) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(whole.subarray(0, 200 + i * 100));
      setTimeout(() => socket.destroy(), i);
    }
    await new Promise((next) => setTimeout(next, 200));
  });
});

describe("addresses, where they are fetched", () => {
  let inner: Server;
  let asked = 0;
  /** Where /to leads. */
  let redirect = "/";
  let fetching: TestServer;
  let at = 0;
  beforeAll(async () => {
    inner = createServer(({ url }, answer) => {
      asked += 1;
      if (url === "/to") answer.writeHead(302, { location: redirect });
      answer.end(cat);
    });
    await new Promise<void>((ready) => inner.listen(0, "127.0.0.1", ready));
    fetching = await startServer({ settings: { fetchUrls: true } });
    await fetching.server.app.listen({ port: 0, host: "127.0.0.1" });
    at = (fetching.server.app.server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    inner.close();
    await fetching[Symbol.asyncDispose]();
  });

  it.each([
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1]",
    "[fc00::1]",
    "169.254.169.254",
    "metadata.google.internal",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "rebinding.example",
    "user:pass@127.0.0.1",
    "127.0.0.1.",
  ])("%s is refused, and nothing is asked there", async (host) => {
    const { port: innerPort } = inner.address() as AddressInfo;
    const body = JSON.stringify({ image: `http://${host}:${innerPort}/a.jpg`, labels: ["a", "b"] });
    expectRefused(await raw(post("/v1/classify", body), { at }), host);
    expect(asked).toBe(0);
  });

  it("names that point inside the second time reach nothing (DNS rebinding)", async () => {
    const innerPort = (inner.address() as AddressInfo).port;
    const seen: string[] = [];
    // An address of no network first, as a public one would be; from the second question on this machine.
    await using resolver = await localResolver((name) => {
      seen.push(name);
      if (name === "both.example") return ["93.184.216.34", "127.0.0.1"];
      if (name === "flip.example" && seen.filter((one) => one === name).length === 1) return ["2fff::1"];
      return ["127.0.0.1"];
    });
    const options = { lookup: resolver.lookup, ports: [innerPort], timeout: 1000 };
    await using one = await startServer(
      { settings: { fetchUrls: true } },
      { ...options, allowHosts: ["own.example"] },
    );
    await one.server.app.listen({ port: 0, host: "127.0.0.1" });
    const rebound = { at: (one.server.app.server.address() as AddressInfo).port };
    const ask = async (host: string): Promise<string> => {
      const image = `http://${host}:${innerPort}/to`;
      const answer = await raw(post("/v1/classify", JSON.stringify({ image, labels: ["a", "b"] })), rebound);
      expectRefused(answer, host);
      return JSON.parse(answer.body).code;
    };
    // One of its addresses is private: none is taken.
    expect(await ask("both.example")).toBe("image.fetch-private");
    // The connection goes to the address that was checked, and the name is not asked again for it.
    expect(await ask("flip.example")).toBe("image.fetch");
    expect(seen.filter((name) => name === "flip.example")).toHaveLength(1);
    expect(await ask("flip.example")).toBe("image.fetch-private");
    expect(asked).toBe(0);
    // From a host that may be asked, to one that may not.
    redirect = `http://rebound.example:${innerPort}/a.jpg`;
    expect(await ask("own.example")).toBe("image.fetch-private");
    expect(asked).toBe(1);
    asked = 0;
  });

  it.each([
    "http://example.org:22/a.jpg",
    "https://example.org:6379/a.jpg",
    "ftp://example.org/a.jpg",
    "gopher://127.0.0.1/",
    "//127.0.0.1/a",
    "http://",
    "http://[::1",
    "http:///a",
  ])("%s is refused", async (image) => {
    expectRefused(
      await raw(post("/v1/classify", JSON.stringify({ image, labels: ["a", "b"] })), { at }),
      image,
    );
  });
});

describe("keys", () => {
  let locked: TestServer;
  let at = 0;
  let keys: Record<"read" | "write", string>;
  beforeAll(async () => {
    const home = one.home;
    const read = await createKey(home, "reader", ["read"]);
    const write = await createKey(home, "writer", ["read", "write"]);
    keys = { read: read.key, write: write.key };
    const known = await readKeys(home);
    locked = await startServer({ keys: () => known });
    await locked.server.app.listen({ port: 0, host: "127.0.0.1" });
    at = (locked.server.app.server.address() as AddressInfo).port;
  });
  afterAll(() => locked[Symbol.asyncDispose]());
  const put = (more: string): Buffer =>
    Buffer.concat([
      Buffer.from(
        `PUT /v1/label-sets/x HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\n${more}Content-Length: 20\r\n\r\n`,
      ),
      Buffer.from('{"labels":["a","b"]}'),
    ]);

  it.each([
    ["none", ""],
    ["an empty one", "Authorization: Bearer \r\n"],
    ["a wrong one", `Authorization: Bearer zc_000000000000_${"A".repeat(43)}\r\n`],
    ["a long one", `Authorization: Bearer ${"A".repeat(9000)}\r\n`],
    ["another scheme", "Authorization: Basic YTpi\r\n"],
  ])("%s is refused", async (what, header) => {
    const answer = await raw(put(header), { at });
    expectRefused(answer, what);
    expect(answer.status).toBe(401);
  });

  it("a key does what it may and no more; what watches needs none", async () => {
    expect((await raw(put(`Authorization: Bearer ${keys.read}\r\n`), { at })).status).toBe(403);
    expect((await raw(put(`Authorization: Bearer ${keys.write}\r\n`), { at })).status).toBe(200);
    const get = (url: string, header = ""): Promise<Raw> =>
      raw(`GET ${url} HTTP/1.1\r\n${HEAD}${header}\r\n`, { at });
    expect((await get("/v1/models", `X-Api-Key: ${keys.read}\r\n`)).status).toBe(200);
    expect((await get("/v1/models")).status).toBe(401);
    expect((await get("/metrics")).status).toBe(401);
    expect((await get("/healthz")).status).toBe(200);
  });
});
