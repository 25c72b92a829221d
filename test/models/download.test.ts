import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/models/clock.js";
import { type DownloadOptions, downloadFile, type RemoteFile } from "../../src/models/download.js";
import { createFetch, type HttpFetch } from "../../src/models/http.js";
import { acquireLock } from "../../src/models/lock.js";
import type { DownloadProgress } from "../../src/models/progress.js";
import type { Retry } from "../../src/models/tries.js";
import { startConnectProxy } from "../support/connect-proxy.js";
import { type Behaviour, type HostileServer, startHostileServer } from "../support/hostile-server.js";
import { seededBytes } from "../support/random-bytes.js";

const SIZE = 300_000;
const bytes = seededBytes(SIZE, 1);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const network = createFetch();

let server: HostileServer;
let folder: string;
let target: string;
let pauses: number[];

beforeEach(async () => {
  server = await startHostileServer();
  server.files.set("/file", bytes);
  folder = await mkdtemp(join(tmpdir(), "zeroclip-download-"));
  target = join(folder, "models", "file.pt");
  pauses = [];
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A clock on which pauses take no time and are written down. */
function testClock(): Clock {
  let now = 1_700_000_000_000;
  return {
    now: () => now,
    random: () => 0.5,
    async sleep(ms) {
      pauses.push(ms);
      now += ms;
    },
  };
}

const file = (change: Partial<RemoteFile> = {}): RemoteFile => ({
  urls: [`${server.origin}/file`],
  checksum: { kind: "sha256", hex: sha256 },
  size: { min: SIZE, max: SIZE },
  ...change,
});

const loose = { size: { min: 200_000, max: 400_000 } };

const download = (
  change: Partial<RemoteFile> = {},
  options: Partial<DownloadOptions> = {},
): Promise<boolean> =>
  downloadFile(file(change), target, {
    fetch: network.fetch,
    clock: testClock(),
    stallMs: 5_000,
    ...options,
  });

/** Fails unless the target is whole and nothing else lies beside it. */
async function expectWhole(): Promise<void> {
  expect((await readFile(target)).equals(bytes)).toBe(true);
  expect(await readdir(join(folder, "models"))).toEqual(["file.pt"]);
}

type Asked = "whole" | "rest";

/** What was asked for in each request; what a dropped connection leaves unread differs from run to run. */
const asked = (): Asked[] =>
  server.requests.map(({ headers }) => (headers.range === undefined ? "whole" : "rest"));

const ranges = (): (string | undefined)[] => server.requests.map((request) => request.headers.range);

describe("a download from a hostile server ends whole", () => {
  const good: Behaviour = { kind: "good" };
  const drop: Behaviour = { kind: "drop", after: 100_000 };
  const cases: [string, Behaviour[], Partial<RemoteFile>, Asked[]][] = [
    ["that is good", [good], {}, ["whole"]],
    ["that drops the connection", [drop, drop, good], {}, ["whole", "rest", "rest"]],
    ["that drops before the first byte", [{ kind: "drop", after: 0 }, good], {}, ["whole", "whole"]],
    ["that ignores ranges", [drop, { kind: "no-ranges" }], {}, ["whole", "rest"]],
    [
      "that declares more than it sends",
      [{ kind: "length", declared: SIZE + 9 }, good],
      {},
      ["whole", "whole"],
    ],
    ["that declares more, size unknown", [{ kind: "length", declared: SIZE + 9 }], loose, ["whole"]],
    [
      "that declares less than it sends",
      [{ kind: "length", declared: 250_000 }, good],
      loose,
      ["whole", "whole"],
    ],
    ["that sends too much", [{ kind: "endless", bytes: 500_000 }, good], {}, ["whole", "whole"]],
    ["that sends wrong bytes once", [{ kind: "wrong" }, good], {}, ["whole", "whole"]],
    ["that goes on with wrong bytes", [drop, { kind: "wrong" }, good], {}, ["whole", "rest", "whole"]],
    ["that answers 416", [drop, { kind: "status", status: 416 }, good], {}, ["whole", "rest", "whole"]],
    ["that answers 500", [{ kind: "status", status: 500 }, good], {}, ["whole", "whole"]],
    [
      "that goes on elsewhere than asked",
      [drop, { kind: "range", header: () => "bytes 5-299999/300000" }, good],
      {},
      ["whole", "rest", "whole"],
    ],
    [
      "whose range makes no sense",
      [drop, { kind: "range", header: () => "bytes none" }, good],
      {},
      ["whole", "rest", "whole"],
    ],
    [
      "whose range tells another size",
      [drop, { kind: "range", header: (start) => `bytes ${start}-199999/77777777` }, good],
      {},
      ["whole", "rest", "whole"],
    ],
    ["that compresses unasked", [{ kind: "gzip" }], {}, ["whole"]],
    ["that compresses a range", [drop, { kind: "gzip" }, good], {}, ["whole", "rest", "whole"]],
    ["whose file changed meanwhile", [drop, { kind: "etag", etag: '"new"' }], {}, ["whole", "rest"]],
    [
      "that goes on with a changed file",
      [drop, { kind: "etag", etag: '"new"', deaf: true }, good],
      {},
      ["whole", "rest", "whole"],
    ],
    ["that drips", [{ kind: "drip", chunk: 30_000, ms: 1 }], {}, ["whole"]],
    [
      "that redirects",
      [
        { kind: "redirect", to: "/file" },
        { kind: "redirect", to: "/file" },
      ],
      {},
      ["whole", "whole", "whole"],
    ],
  ];
  it.each(cases)("%s", async (_name, script, change, expected) => {
    server.script.push(...script);
    expect(await download(change)).toBe(true);
    await expectWhole();
    expect(asked()).toEqual(expected);
  });

  it("that stalls: the try is given up and gone on from", async () => {
    server.script.push({ kind: "stall", after: 120_000 });
    await download({}, { stallMs: 400 });
    await expectWhole();
    expect(asked()).toEqual(["whole", "rest"]);
  });

  it("and sends If-Range with the validator that it saw", async () => {
    server.script.push({ kind: "drop", after: 1_000 });
    await download();
    expect(server.requests[1]?.headers["if-range"]).toMatch(/^"[0-9a-f]{16}"$/);
    expect(server.requests[1]?.headers["accept-encoding"]).toMatch(/^identity/);
  });
});

describe("pauses", () => {
  it("grow, with chance, and their number is bounded", async () => {
    server.rest = { kind: "status", status: 503 };
    await expect(download({}, { retries: 4 })).rejects.toMatchObject({ code: "download.busy" });
    expect(pauses).toEqual([375, 750, 1500, 3000]);
    expect(server.requests).toHaveLength(5);
  });

  it.each([
    ["seconds", "7", 7_000],
    ["a date", new Date(1_700_000_009_000).toUTCString(), 9_000],
    ["nonsense", "soon", 375],
  ])("obey Retry-After as %s", async (_name, value, expected) => {
    server.script.push({ kind: "status", status: 429, headers: { "retry-after": value } });
    await download();
    expect(pauses).toEqual([expected]);
    await expectWhole();
  });

  it("longer than two minutes are not waited for", async () => {
    server.script.push({ kind: "status", status: 429, headers: { "retry-after": "3600" } });
    await expect(download()).rejects.toMatchObject({
      code: "download.busy",
      message: expect.stringContaining("3600 s"),
    });
    expect(pauses).toEqual([]);
  });

  it("start small again after progress", async () => {
    const large = seededBytes(4 << 20, 2);
    server.files.set("/file", large);
    server.script.push(
      ...Array.from({ length: 3 }, (): Behaviour => ({ kind: "drop", after: (1 << 20) + 4096 })),
    );
    const checksum = { kind: "sha256", hex: createHash("sha256").update(large).digest("hex") } as const;
    await download({ checksum, size: { min: large.length, max: large.length } }, { retries: 1 });
    expect(pauses).toEqual([375, 375, 375]);
    expect((await readFile(target)).equals(large)).toBe(true);
  });
});

describe("a download that can't succeed", () => {
  const cases: [string, Behaviour, string][] = [
    ["wrong bytes twice", { kind: "wrong" }, "download.hash"],
    ["another size", { kind: "length", declared: 5 }, "download.size"],
    ["more than the size", { kind: "endless", bytes: 900_000 }, "download.size"],
    ["404", { kind: "status", status: 404 }, "download.missing"],
    ["403", { kind: "status", status: 403 }, "download.forbidden"],
    ["418", { kind: "status", status: 418 }, "download.status"],
    ["a redirect loop", { kind: "redirect", to: "/file" }, "download.redirect"],
    ["a redirect to a file", { kind: "redirect", to: "file:///etc/passwd" }, "download.redirect"],
    ["a redirect to nowhere", { kind: "redirect", to: "http://" }, "download.redirect"],
    ["always dropped", { kind: "drop", after: 0 }, "download.network"],
  ];
  it.each(cases)("%s: leaves no file", async (_name, rest, code) => {
    server.rest = rest;
    await expect(download({}, { retries: 2 })).rejects.toMatchObject({ name: "ClipError", code });
    expect(await readdir(join(folder, "models"))).toEqual([]);
  });

  it("asks for wrong bytes exactly twice", async () => {
    server.rest = { kind: "wrong" };
    await expect(download()).rejects.toThrow(sha256);
    expect(server.requests).toHaveLength(2);
  });

  it("never writes more than the bound", async () => {
    const seen: number[] = [];
    server.rest = { kind: "endless", bytes: 900_000 };
    const onProgress = ({ received }: DownloadProgress): void => void seen.push(received);
    await expect(download({}, { retries: 0, onProgress })).rejects.toMatchObject({ code: "download.size" });
    expect(Math.max(...seen)).toBeLessThanOrEqual(SIZE);
  });

  it("is not led from https down to http", async () => {
    const asked: string[] = [];
    const fetch: HttpFetch = async (url) => {
      asked.push(url);
      const headers = new Headers({ location: `${server.origin}/file` });
      return { status: 302, headers, body: null };
    };
    const urls = ["https://models.example/file"];
    await expect(download({ urls }, { fetch })).rejects.toMatchObject({ code: "download.redirect" });
    expect(asked).toEqual(urls);
  });

  it("keeps a file server's signature out of the message", async () => {
    server.rest = { kind: "redirect", to: "/gone?signature=secret" };
    await expect(download()).rejects.toMatchObject({
      code: "download.missing",
      message: `The server answered 404 for ${server.origin}/gone`,
    });
  });

  it("tells of each try that follows, before it waits", async () => {
    const told: Retry[] = [];
    server.rest = { kind: "drop", after: 0 };
    const onRetry = (retry: Retry): void => void told.push(retry);
    await expect(download({}, { retries: 2, onRetry })).rejects.toMatchObject({ code: "download.network" });
    expect(told).toMatchObject([
      { attempt: 2, attempts: 3, error: { code: "download.network" }, waitMs: pauses[0] },
      { attempt: 3, attempts: 3, waitMs: pauses[1] },
    ]);
  });

  it("says that nobody listens", async () => {
    const { origin } = server;
    await server[Symbol.asyncDispose]();
    server = await startHostileServer();
    await expect(download({ urls: [`${origin}/file`] }, { retries: 1 })).rejects.toMatchObject({
      code: "download.network",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("goes to the next address when the first has no such file", async () => {
    await download({ urls: [`${server.origin}/absent`, `${server.origin}/file`] });
    await expectWhole();
  });

  it("stops at the signal and keeps what came for the next time", async () => {
    server.script.push({ kind: "drip", chunk: 50_000, ms: 5 });
    const stop = new AbortController();
    const onProgress = ({ received }: DownloadProgress): void => {
      if (received >= 50_000) stop.abort();
    };
    // Every report passes: each look at this clock is a second later.
    let now = 0;
    const clock = { ...testClock(), now: () => (now += 1_000) };
    const stopped = download({}, { signal: stop.signal, onProgress, clock });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    expect(await readdir(join(folder, "models"))).toEqual(["file.pt.kept.partial"]);
    await download();
    await expectWhole();
    expect(Number(/\d+/.exec(ranges()[1] ?? "")?.[0])).toBeGreaterThanOrEqual(50_000);
  });

  it("does not start when already aborted", async () => {
    await expect(download({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    expect(server.requests).toEqual([]);
  });
});

describe("what is there already", () => {
  it("is used when it has the right hash", async () => {
    await download();
    expect(await download()).toBe(false);
    expect(server.requests).toHaveLength(1);
  });

  it("is replaced when it has not", async () => {
    await download();
    await writeFile(target, bytes.subarray(1));
    expect(await download()).toBe(true);
    await expectWhole();
  });

  it.each([
    ["of an orderly end", "file.pt.kept.partial"],
    ["of nobody known", "file.pt.0123456789abcdef.partial"],
  ])("as a partial file %s is gone on from", async (_name, name) => {
    await download();
    await rm(target);
    await writeFile(join(folder, "models", name), bytes.subarray(0, 70_000));
    await writeFile(join(folder, "models", "file.pt.old.partial"), bytes.subarray(0, 10));
    await download();
    await expectWhole();
    expect(ranges()).toEqual([undefined, "bytes=70000-"]);
  });

  it("as a whole partial file needs no request", async () => {
    await download();
    await rm(target);
    await writeFile(`${target}.kept.partial`, bytes);
    await download();
    await expectWhole();
    expect(server.requests).toHaveLength(1);
  });

  it("as a damaged partial file costs one clean try", async () => {
    await download();
    await rm(target);
    await writeFile(`${target}.kept.partial`, Buffer.alloc(70_000));
    await download();
    await expectWhole();
    expect(ranges()).toEqual([undefined, "bytes=70000-", undefined]);
  });
});

describe("secrets and proxies", () => {
  it("keep the token from another origin", async () => {
    await using other = await startHostileServer();
    other.files.set("/file", bytes);
    server.script.push({ kind: "redirect", to: `${other.origin}/file` });
    await download({}, { authorization: { origin: server.origin, value: "Bearer secret" } });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer secret");
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    await expectWhole();
  });

  it.each([
    ["", 1],
    ["127.0.0.1", 0],
  ])("go through the proxy unless NO_PROXY is %j", async (none, throughProxy) => {
    await using proxy = await startConnectProxy();
    await using viaProxy = createFetch({ http: proxy.origin, none });
    await download({}, { fetch: viaProxy.fetch });
    await expectWhole();
    expect(proxy.tunnels).toHaveLength(throughProxy);
  });

  it("refuse a proxy that is no http address", () => {
    expect(() => createFetch({ http: "socks5://me:secret@127.0.0.1:1" })).toThrow(
      'Expected an http:// or https:// proxy but received "socks5://127.0.0.1:1".',
    );
  });
});

describe("progress", () => {
  it("tells that another process does the work, and how far that one is", async () => {
    await using _other = await acquireLock(`${target}.lock`);
    await writeFile(`${target}.0123.partial`, bytes.subarray(0, 70_000));
    const stop = new AbortController();
    const seen: DownloadProgress[] = [];
    const onProgress = (progress: DownloadProgress): void => {
      seen.push(progress);
      stop.abort();
    };
    await expect(download({}, { onProgress, signal: stop.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(seen).toEqual([{ file: "file.pt", received: 70_000, waiting: true }]);
    expect(server.requests).toEqual([]);
  });

  it("tells received, total, rate and time left", async () => {
    const seen: DownloadProgress[] = [];
    server.rest = { kind: "drip", chunk: 60_000, ms: 2 };
    let now = 0;
    const clock = { ...testClock(), now: () => (now += 1_000) };
    await download({}, { onProgress: (progress) => seen.push(progress), clock });
    expect(seen[0]).toEqual({ file: "file.pt", received: 0, total: SIZE });
    expect(seen.at(-1)).toMatchObject({ received: SIZE, total: SIZE, secondsLeft: 0 });
    const middle = seen.find(({ received }) => received > 0 && received < SIZE);
    expect(middle?.bytesPerSecond).toBeGreaterThan(0);
    expect(middle?.secondsLeft).toBeCloseTo((SIZE - middle!.received) / middle!.bytesPerSecond!, 6);
    expect(seen.map(({ received }) => received)).toEqual(
      seen.map(({ received }) => received).sort((a, b) => a - b),
    );
  });
});
