import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findEntry, type RegistryEntry } from "../../src/models/registry.js";
import { findPulled, listPulled, removePulled } from "../../src/models/store.js";
import { type HostileServer, startHostileServer } from "../support/hostile-server.js";
import { seededBytes, seededRandom } from "../support/random-bytes.js";
import { type Transpiled, transpile } from "../support/transpile.js";

const SIZE = 2_000_000;
const bytes = seededBytes(SIZE, 6);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const entry: RegistryEntry = { ...findEntry("RN50")!, sha256, bytes: SIZE };
const registryModel = { kind: "registry", entry } as const;
const hubModel = { kind: "hub", id: "owner/clip" } as const;
const COMMIT = "c".repeat(40);

/** Pulls one model and writes a line when it is about to start. Short lock times: a kill may fall into its making. */
const CHILD = `
  import { pullModel } from "./src/models/store.js";
  const [home, origin, model] = process.argv.slice(2);
  process.stdout.write("ready\\n");
  const lock = { heartbeatMs: 100, staleMs: 1_000 };
  await pullModel(JSON.parse(model), { home, mirror: origin, hubEndpoint: origin, lock });
`;

let code: Transpiled;
let server: HostileServer;
let home: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  code = await transpile("models/store");
  await writeFile(join(code.folder, "child.js"), CHILD);
});
afterAll(() => code[Symbol.asyncDispose]());

beforeEach(async () => {
  server = await startHostileServer();
  server.rest = { kind: "drip", chunk: 20_000, ms: 1 };
  server.files.set(`/${sha256}/RN50.pt`, bytes);
  home = await mkdtemp(join(tmpdir(), "zeroclip-kill-"));
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

/** A child that pulls; resolves once it runs its own code. */
async function startPull(model: object): Promise<{ child: ChildProcess; ended: Promise<number | null> }> {
  const args = [join(code.folder, "child.js"), home, server.origin, JSON.stringify(model)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const ended = once(child, "exit").then(([status]) => status as number | null);
  await Promise.race([once(child.stdout!, "data"), ended]);
  return { child, ended };
}

/** Resolves once so many more bytes have left the server, or when the child has ended. */
async function afterBytes(count: number, ended: Promise<unknown>): Promise<void> {
  const goal = server.sent + count;
  const sent = new Promise<void>((done) => {
    server.onSent = (now) => (now >= goal ? done() : undefined);
  });
  await Promise.race([sent, ended]);
  server.onSent = undefined;
}

/** Starts a pull and kills it at a moment that the random numbers choose; true when it was killed before its end. */
async function killedPull(model: object, random: () => number): Promise<boolean> {
  const { child, ended } = await startPull(model);
  const moment = random();
  if (moment < 0.15) await wait(random() * 60);
  else if (moment < 0.7) await afterBytes(random() * SIZE, ended);
  else {
    // Around the end: the last bytes, the sync, the rename, the record.
    await afterBytes(SIZE - (await kept()), ended);
    await wait(random() * 12);
  }
  child.kill("SIGKILL");
  return (await ended) === null;
}

/** Bytes in partial files: what the next pull goes on from. */
async function kept(): Promise<number> {
  const names = await readdir(home, { recursive: true });
  const sizes = names.filter((name) => name.endsWith(".partial")).map((name) => readFile(join(home, name)));
  return Math.max(0, ...(await Promise.all(sizes)).map(({ length }) => length));
}

describe("kill -9 at random moments", () => {
  it("of a registry pull: the file is whole or absent, and the next pull goes on", async () => {
    const random = seededRandom(20_261_123);
    let kills = 0;
    let published = 0;
    while (kills < 24) {
      if (await killedPull(registryModel, random)) kills++;
      const there = await readFile(join(home, "models", "RN50.pt")).catch(() => undefined);
      if (there !== undefined) expect(there.equals(bytes)).toBe(true);
      const found = await findPulled(registryModel, { home });
      expect(found?.sha256).toBe(there === undefined ? undefined : sha256);
      if (found !== undefined) {
        published++;
        await removePulled(registryModel, home);
      }
    }
    expect(await (await startPull(registryModel)).ended).toBe(0);
    expect((await findPulled(registryModel, { home }))?.bytes).toBe(SIZE);
    expect((await readdir(join(home, "models"))).sort()).toEqual(["RN50.pt", "RN50.pt.verified"]);
    const resumed = server.requests.filter(({ headers }) => headers.range !== undefined);
    expect(resumed.length).toBeGreaterThan(4);
    // Every byte came once for each time that the file was finished, but for what was in flight at a kill.
    expect(server.sent).toBeLessThan((published + 1 + kills / 2) * SIZE);
  });

  it("of a hub pull: the model is whole or absent", async () => {
    const files = { "config.json": Buffer.from("{}"), "model.safetensors": bytes };
    const siblings = Object.entries(files).map(([rfilename, file]) => {
      server.files.set(`/owner/clip/resolve/${COMMIT}/${rfilename}`, file);
      const lfs = { sha256: createHash("sha256").update(file).digest("hex"), size: file.length };
      return { rfilename, size: file.length, lfs };
    });
    server.answers.set("/api/models/owner/clip/revision/main?blobs=true", { sha: COMMIT, siblings });
    const random = seededRandom(7);
    let kills = 0;
    while (kills < 6) {
      if (await killedPull(hubModel, random)) kills++;
      for (const { path } of await listPulled(home)) {
        expect((await readFile(join(path, "model.safetensors"))).equals(bytes)).toBe(true);
        expect(await readFile(join(path, "config.json"), "utf8")).toBe("{}");
        await removePulled(hubModel, home);
      }
    }
    expect(await (await startPull(hubModel)).ended).toBe(0);
    const found = await findPulled(hubModel, { home });
    expect((await readdir(found!.path)).sort()).toEqual([
      ".zeroclip.json",
      "config.json",
      "model.safetensors",
    ]);
  });
});

describe("two processes that pull the same file at once", () => {
  it("share the work of one", async () => {
    const both = await Promise.all([startPull(registryModel), startPull(registryModel)]);
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(server.sent).toBe(SIZE);
    expect((await findPulled(registryModel, { home }))?.bytes).toBe(SIZE);
  });

  it("do not need each other: the second goes on where the first was killed", async () => {
    server.rest = { kind: "drip", chunk: 20_000, ms: 15 };
    const first = await startPull(registryModel);
    await afterBytes(SIZE / 4, first.ended);
    const second = await startPull(registryModel);
    first.child.kill("SIGKILL");
    expect(await first.ended).toBeNull();
    expect(await second.ended).toBe(0);
    expect((await findPulled(registryModel, { home }))?.bytes).toBe(SIZE);
    expect(server.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });
});
