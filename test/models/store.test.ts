import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpFetch } from "../../src/models/http.js";
import type { ResolvedModel } from "../../src/models/names.js";
import { findEntry, type RegistryEntry } from "../../src/models/registry.js";
import {
  findPulled,
  listPulled,
  locateModel,
  type PullOptions,
  pullModel,
  removePulled,
  verifyPulled,
} from "../../src/models/store.js";
import { type HostileServer, startHostileServer } from "../support/hostile-server.js";
import { seededBytes } from "../support/random-bytes.js";

const bytes = seededBytes(1_000_000, 3);
const sha256 = createHash("sha256").update(bytes).digest("hex");
/** RN50's entry with a file small enough for a test. */
const entry: RegistryEntry = { ...findEntry("RN50")!, sha256, bytes: bytes.length };
const model = { kind: "registry", entry } satisfies ResolvedModel;

let server: HostileServer;
let home: string;
let path: string;
let options: PullOptions;

const noNetwork: HttpFetch = () => {
  throw new Error("the network was touched");
};

beforeEach(async () => {
  server = await startHostileServer();
  home = await mkdtemp(join(tmpdir(), "zeroclip-store-"));
  path = join(home, "models", "RN50.pt");
  const clock = { now: () => 1_700_000_000_000, random: () => 0, sleep: async () => undefined };
  options = { home, mirror: `${server.origin}/`, clock, stallMs: 5_000 };
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const serve = (at = `/${sha256}/RN50.pt`): void => void server.files.set(at, bytes);

async function putByHand(content: Uint8Array): Promise<void> {
  await mkdir(join(home, "models"), { recursive: true });
  await writeFile(path, content);
}

describe("pullModel", () => {
  it.each([
    ["/<sha256>/<file>", `/${sha256}/RN50.pt`],
    ["/<file>", "/RN50.pt"],
  ])("takes a mirror's %s", async (_name, at) => {
    serve(at);
    const pulled = await pullModel(model, options);
    expect(pulled).toEqual({
      name: "RN50",
      kind: "registry",
      path,
      bytes: bytes.length,
      sha256,
      verifiedAt: "2023-11-14T22:13:20.000Z",
    });
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect((await readdir(join(home, "models"))).sort()).toEqual(["RN50.pt", "RN50.pt.verified"]);
  });

  it("asks OpenAI's address where there is no mirror, and an empty mirror is none", async () => {
    const asked: string[] = [];
    const fetch: HttpFetch = async (url) => {
      asked.push(url);
      return { status: 404, headers: { get: () => null }, body: null };
    };
    await expect(pullModel(model, { ...options, mirror: "", fetch })).rejects.toThrow("404");
    expect(asked).toEqual([`https://openaipublic.azureedge.net/clip/models/${sha256}/RN50.pt`]);
  });

  it("says on failure which file, where to put it by hand and its hash", async () => {
    await expect(pullModel(model, options)).rejects.toMatchObject({
      code: "download.missing",
      message: expect.stringMatching(
        new RegExp(
          `^Could not download RN50\\.pt: .*; try again, name a mirror \\(ZEROCLIP_MIRROR\\), or put RN50\\.pt \\(SHA-256 ${sha256}, .*\\) by hand at ${path}; with --offline .*\\.$`,
        ),
      ),
    });
  });

  it("pulls once", async () => {
    serve();
    await pullModel(model, options);
    await pullModel(model, { ...options, fetch: noNetwork });
    expect(server.requests).toHaveLength(1);
  });

  it("replaces a file that is another", async () => {
    serve();
    await putByHand(Buffer.from("an error page"));
    expect((await pullModel(model, options)).bytes).toBe(bytes.length);
  });

  it("uses a file placed by hand", async () => {
    await putByHand(bytes);
    const pulled = await pullModel(model, { ...options, fetch: noNetwork });
    expect(pulled.verifiedAt).toBe("2023-11-14T22:13:20.000Z");
  });

  it.each([["ftp://mirror"], ["mirror.example"], ["file:///mirror"]])(
    "refuses the mirror %s",
    async (mirror) => {
      await expect(pullModel(model, { ...options, mirror })).rejects.toMatchObject({ code: "usage.address" });
    },
  );
});

describe("a file at rest", () => {
  it("placed by hand is verified, then trusted until it changes", async () => {
    await putByHand(bytes);
    expect((await listPulled(home))[0]).not.toHaveProperty("verifiedAt");
    expect(await findPulled(model, { home })).toMatchObject({ path, sha256, verifiedAt: expect.any(String) });
    const damaged = Buffer.from(bytes);
    damaged[5]! ^= 1;
    await writeFile(path, damaged);
    await utimes(path, new Date(1), new Date(1));
    await expect(findPulled(model, { home })).rejects.toMatchObject({
      code: "model.damaged",
      message: expect.stringContaining(sha256),
    });
  });

  it("in a folder that can't be written to is verified every time", async () => {
    await putByHand(bytes);
    await mkdir(join(`${path}.verified`, "in the way"), { recursive: true });
    for (const find of [findPulled, pullModel]) {
      const found = await find(model, { ...options, fetch: noNetwork });
      expect(found?.verifiedAt).toBe("2023-11-14T22:13:20.000Z");
    }
    await writeFile(path, "changed");
    await expect(findPulled(model, { home })).rejects.toMatchObject({ code: "model.damaged" });
  });

  it("is hashed again by verify, which forgets a file that went bad under the same time", async () => {
    serve();
    await pullModel(model, options);
    const [good] = await verifyPulled(model, { home });
    expect(good).toEqual({ path, expected: sha256, actual: sha256, ok: true });
    const record = JSON.parse(await readFile(`${path}.verified`, "utf8")) as { mtimeMs: number };
    await writeFile(path, Buffer.alloc(bytes.length));
    await utimes(path, record.mtimeMs / 1000, record.mtimeMs / 1000);
    const [bad] = await verifyPulled(model, { home });
    expect(bad).toMatchObject({ ok: false, actual: expect.not.stringContaining(sha256) });
    await expect(findPulled(model, { home })).rejects.toMatchObject({ code: "model.damaged" });
  });

  it("that isn't there is not found, not verified and not removed", async () => {
    expect(await findPulled(model, { home })).toBeUndefined();
    await expect(verifyPulled(model, { home })).rejects.toMatchObject({ code: "model.missing" });
    expect(await removePulled(model, home)).toBe(0);
    expect(await listPulled(home)).toEqual([]);
  });

  it("is removed with its record and its partials", async () => {
    serve();
    await pullModel(model, options);
    await writeFile(`${path}.kept.partial`, "x");
    expect(await removePulled(model, home)).toBe(bytes.length);
    expect(await readdir(join(home, "models"))).toEqual([]);
  });
});

describe("offline", () => {
  it("uses what is there and never touches the network", async () => {
    await putByHand(bytes);
    const offline = { ...options, offline: true, fetch: noNetwork };
    expect((await pullModel(model, offline)).path).toBe(path);
  });

  it.each([
    [
      "ViT-B/32",
      /run "zeroclip models pull ViT-B\/32" with a network, or put ViT-B-32\.pt \(SHA-256 40d36571\S*, from https:\S+\) by hand at \S+ViT-B-32\.pt\.$/,
    ],
    [
      "openai/clip-vit-base-patch32",
      /run "zeroclip models pull openai\/clip-vit-base-patch32" with a network, or download its files by hand/,
    ],
  ])("says what is missing of %s and how to get it", async (name, message) => {
    const offline = { ...options, offline: true, fetch: noNetwork, starterFolder: "/starter" };
    await expect(locateModel(name, offline)).rejects.toMatchObject({
      code: "model.missing",
      message: expect.stringMatching(message),
    });
  });
});

describe("locateModel", () => {
  const locate = (name: string, change: Partial<PullOptions> & { pull?: boolean } = {}) =>
    locateModel(name, { ...options, fetch: noNetwork, starterFolder: "/starter", ...change });

  it("gives the starter and paths as they are", async () => {
    expect(await locate("starter")).toEqual({ path: "/starter", name: "starter", kind: "starter" });
    await putByHand(bytes);
    expect(await locate(path)).toEqual({ path, name: path, kind: "path" });
  });

  it("pulls nothing where it may not", async () => {
    await expect(locate("RN101", { pull: false })).rejects.toMatchObject({ code: "model.missing" });
  });

  it("never answers with a file of another hash", async () => {
    await putByHand(bytes);
    await expect(locate("RN50")).rejects.toMatchObject({ code: "model.damaged" });
  });
});
