import { type AddressInfo, connect } from "node:net";
import { deflateSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectRefused, good, HEAD, post, type Raw, send } from "./raw.js";
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

const raw = (bytes: Buffer | string, { at = port, end = false } = {}): Promise<Raw> => send(bytes, at, end);

afterEach(async () => {
  expect((await good(port)).status).toBe(200);
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
  ["more labels between commas than may be", `${part("labels", "a,".repeat(300_000))}--b--\r\n`],
  ["many fields of many labels", `${part("labels", "a,".repeat(150_000)).repeat(3)}--b--\r\n`],
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
});

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
  ["three million values", `{"labels": [${"{},".repeat(1_500_000)}{}]}`],
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
  });

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
