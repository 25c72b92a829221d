import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { guardedFetch, isPublicAddress } from "../../src/image/guarded-fetch.js";
import { expandInputs, type ImageInput, inputId, readInput } from "../../src/image/sources.js";

const limits = { maxBytes: 100_000, maxPixels: 1_000_000 };
const code = (expected: string) => expect.objectContaining({ code: expected });
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 256);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-sources-"));
  mkdirSync(join(folder, "b/deep"), { recursive: true });
  mkdirSync(join(folder, ".hidden"));
  mkdirSync(join(folder, "empty"));
  for (const name of ["a.JPG", "b/z.png", "b/deep/m.webp", ".hidden/x.jpg", "notes.txt", "[odd].jpg"]) {
    writeFileSync(join(folder, name), bytes);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const MAKE_PIPE = "mkfifo";
function pipe(): string {
  const path = join(folder, "pipe.fifo");
  execFileSync(MAKE_PIPE, [path]);
  return path;
}

describe("readInput", () => {
  it("reads the same bytes from every kind of source", async () => {
    const path = join(folder, "a.JPG");
    const sources: ImageInput[] = [
      path,
      pathToFileURL(path),
      bytes,
      bytes.buffer.slice(0),
      new Blob([bytes]),
      new Blob([bytes]).stream(),
      Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]),
      `data:image/jpeg;base64,${Buffer.from(bytes).toString("base64")}`,
      `data:image/jpeg,${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`,
    ];
    for (const source of sources)
      expect(Buffer.from((await readInput(source, limits)) as Uint8Array)).toEqual(Buffer.from(bytes));
  });

  it("takes raw pixels and checks their length", async () => {
    const raw = { data: new Uint8Array(2 * 3 * 3), width: 2, height: 3, channels: 3 } as const;
    expect(await readInput(raw, limits)).toMatchObject({ mode: "RGB", width: 2, height: 3 });
    await expect(readInput({ ...raw, width: 3 }, limits)).rejects.toThrowError(code("input.raw"));
    await expect(readInput({ ...raw, height: -3 }, limits)).rejects.toThrowError(code("input.raw"));
    await expect(readInput(raw, { ...limits, maxPixels: 5 })).rejects.toThrowError(code("image.too-large"));
  });

  it.each<[string, () => unknown, string]>([
    ["a missing file", () => join(folder, "no.jpg"), "input.file"],
    ["a folder", () => folder, "input.file"],
    ["a device", () => "/dev/zero", "input.file"],
    ["a pipe that nobody writes to", () => pipe(), "input.file"],
    ["an address without leave", () => "https://example.com/cat.jpg", "input.url"],
    ["a broken data URL", () => "data:image/png;base64", "input.data-url"],
    ["a number", () => 7, "input.type"],
    ["null", () => null, "input.type"],
    ["a stream of words", () => Readable.from(["words"]), "input.type"],
  ])("refuses %s in one sentence", async (_, input, expected) => {
    await expect(readInput(input() as ImageInput, limits)).rejects.toThrowError(code(expected));
  });

  it("stops at the limit of bytes, for files, blobs, streams and data URLs", async () => {
    const small = { ...limits, maxBytes: 999 };
    const endless = async function* () {
      for (;;) yield bytes;
    };
    const sources: ImageInput[] = [
      join(folder, "a.JPG"),
      new Blob([bytes]),
      endless(),
      `data:,${"a".repeat(1000)}`,
    ];
    for (const source of sources)
      await expect(readInput(source, small)).rejects.toThrowError(code("image.too-large"));
  });

  it("names an input by its path or its position", () => {
    expect([inputId("a.jpg", 3), inputId("data:,x", 3), inputId(bytes, 3)]).toEqual([
      "a.jpg",
      "data:#3",
      "#3",
    ]);
  });
});

describe("expandInputs", () => {
  const expand = async (...patterns: string[]): Promise<string[]> => {
    const found: string[] = [];
    for await (const path of expandInputs(patterns)) found.push(path);
    return found;
  };

  it("a folder gives its pictures, sorted, hidden ones and other files left out", async () => {
    const found = (await expand(folder)).map((path) => path.slice(folder.length + 1));
    expect(found).toEqual(["[odd].jpg", "a.JPG", "b/deep/m.webp", "b/z.png"]);
  });

  it("globs match; a file that is called like a glob is taken by its name", async () => {
    expect(await expand(`${folder}/b/**/*.png`)).toEqual([join(folder, "b/z.png")]);
    expect(await expand(join(folder, "[odd].jpg"))).toEqual([join(folder, "[odd].jpg")]);
  });

  it("a plain path is passed on even where nothing is, so that it gets its own error", async () => {
    const given = ["no-such.jpg", "-", "https://example.com/a.jpg?w=[1]&h=*", "data:image/png;base64,AA=="];
    expect(await expand(...given)).toEqual(given);
  });

  it.each(["nowhere", "nowhere/", "b/nowhere", "a.JPG/"])(
    "refuses %s, a folder that is not there",
    async (path) => {
      const where = `${folder}/${path}`;
      await expect(expand(where)).rejects.toMatchObject({
        code: "input.none",
        message: `Expected a picture or folder at ${where} but nothing is there.`,
      });
    },
  );

  it("stops at the signal before and in the middle of a folder", async () => {
    const stop = new AbortController();
    const inputs = expandInputs([folder], { signal: stop.signal });
    const first = inputs.next();
    stop.abort();
    await expect(first).rejects.toThrowError(code("aborted"));
    await expect(expandInputs([folder], { signal: stop.signal }).next()).rejects.toThrowError(
      code("aborted"),
    );
  });

  it.each(["empty", "*.tiff"])("refuses %s, where no picture is", async (pattern) => {
    await expect(expand(join(folder, pattern))).rejects.toThrowError(code("input.none"));
  });
});

describe("guardedFetch", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  const serve = async (listener: RequestListener): Promise<string> => {
    server = createServer(listener).listen(0, "127.0.0.1");
    await new Promise((resolve) => server?.once("listening", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const allowed = { allowHosts: ["127.0.0.1"] };

  it("fetches from a host that is allowed", async () => {
    const origin = await serve((_, response) => response.end(bytes));
    expect(Buffer.from(await guardedFetch(origin, 1000, allowed))).toEqual(Buffer.from(bytes));
  });

  it.each([
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data",
    "http://10.1.2.3/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f.1/",
  ])("refuses the private address %s", async (address) => {
    await expect(guardedFetch(address, 1000)).rejects.toThrowError(code("image.fetch-private"));
  });

  it("refuses a public name that has any private address", async () => {
    const lookup = async () => ["93.184.216.34", "10.0.0.1"];
    await expect(guardedFetch("http://a.test/", 1000, { lookup })).rejects.toThrowError(
      code("image.fetch-private"),
    );
  });

  it("connects to the address that was checked, whatever the name means a moment later", async () => {
    const origin = await serve((request, response) => response.end(request.headers.host));
    const { port } = new URL(origin);
    const lookup = async () => ["127.0.0.1"];
    const body = await guardedFetch(`http://name.invalid:${port}/`, 1000, {
      lookup,
      allowHosts: ["name.invalid"],
    });
    expect(Buffer.from(body).toString()).toBe(`name.invalid:${port}`);
  });

  it("checks redirects again and bounds them", async () => {
    const origin = await serve((request, response) => {
      const location = request.url === "/loop" ? "/loop" : "http://192.168.1.1/";
      response.writeHead(302, { location }).end();
    });
    await expect(guardedFetch(`${origin}/in`, 1000, allowed)).rejects.toThrowError(
      code("image.fetch-private"),
    );
    await expect(guardedFetch(`${origin}/loop`, 1000, allowed)).rejects.toThrowError(
      expect.objectContaining({ code: "image.fetch", message: expect.stringContaining("redirects") }),
    );
  });

  it("bounds size and time, and says what a server answered", async () => {
    const origin = await serve((request, response) => {
      if (request.url === "/large") response.end(bytes);
      else if (request.url === "/missing") response.writeHead(404).end();
      else if (request.url === "/page")
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<p>");
      // "/slow" is never answered
    });
    await expect(guardedFetch(`${origin}/large`, 999, allowed)).rejects.toThrowError(code("image.too-large"));
    await expect(guardedFetch(`${origin}/missing`, 999, allowed)).rejects.toThrowError(/answered 404/);
    await expect(guardedFetch(`${origin}/page`, 999, allowed)).rejects.toThrowError(/sends text\/html/);
    await expect(guardedFetch(`${origin}/slow`, 999, { ...allowed, timeout: 100 })).rejects.toThrowError(
      code("image.fetch"),
    );
    await expect(guardedFetch("ftp://a.test/", 999)).rejects.toThrowError(code("image.fetch"));
  });

  it("tells public from private addresses", () => {
    for (const address of ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
      expect(isPublicAddress(address)).toBe(true);
    for (const address of [
      "100.64.0.1",
      "192.0.2.1",
      "240.0.0.1",
      "fe80::1",
      "fc00::1",
      "::ffff:8.8.8.8",
      "2002::1",
      "x",
    ]) {
      expect(isPublicAddress(address)).toBe(false);
    }
  });
});
