import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});
afterAll(() => place[Symbol.dispose]());

interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly words: () => string;
}

/** Starts the command as users do, and resolves when it listens. */
async function serve(...args: string[]): Promise<Served> {
  const main = join(process.cwd(), "dist/cli/main.js");
  const child = spawn(process.execPath, [main, "serve", "--port", "0", "--json", ...args], {
    env: { ...process.env, ZEROCLIP_HOME: place.folder, ZEROCLIP_OFFLINE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let words = "";
  child.stderr.on("data", (chunk) => {
    words += chunk;
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const url = await new Promise<string>((done, fail) => {
    child.stdout.once("data", (chunk) => done((JSON.parse(String(chunk)) as { url: string }).url));
    child.once("close", () => fail(new Error(words)));
  });
  return { url, child, ended, words: () => words };
}

const body = JSON.stringify({
  image: `data:image/jpeg;base64,${readFileSync(join(PICTURES, "cat.jpg")).toString("base64")}`,
  labels: ["cat", "dog"],
});
const classify = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/classify`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });

it("listens, answers, logs no words of the request, and finishes what it began when it is told to end", async () => {
  const { url, child, ended, words } = await serve();
  expect((await classify(url)).status).toBe(200);
  // The server says "go on" as soon as it has the head: what it has begun to answer, it finishes.
  const headers = { "content-type": "application/json", expect: "100-continue" };
  const last = await new Promise<number | undefined>((done, fail) => {
    const asking = request(`${url}/v1/classify`, { method: "POST", headers }, (answer) => {
      answer.resume().once("end", () => done(answer.statusCode));
    });
    asking.once("error", fail);
    asking.once("continue", () => {
      child.kill("SIGTERM");
      asking.end(body);
    });
    asking.flushHeaders();
  });
  expect(last).toBe(200);
  expect(await ended).toBe(0);
  expect(words()).toMatch(/"route":"\/v1\/classify","status":200/);
  expect(words()).not.toMatch(/"dog"|base64/);
});

it("a key that is made while it runs is asked for from then on", async () => {
  const made = await place.run(["keys", "create", "shop", "--json", "--home", place.folder]);
  const { key, id } = JSON.parse(made.stdout) as { key: string; id: string };
  const { url } = await serve();
  expect((await classify(url)).status).toBe(401);
  expect((await classify(url, { authorization: `Bearer ${key}` })).status).toBe(200);
  const listed = await place.run(["keys", "list", "--json", "--home", place.folder]);
  expect(JSON.parse(listed.stdout).keys).toEqual([
    expect.objectContaining({ id, name: "shop", scopes: ["read"] }),
  ]);
  expect(listed.stdout).not.toContain(key);
  await place.run(["keys", "rm", id, "--home", place.folder]);
  await expect.poll(async () => (await classify(url)).status).toBe(200);
});

it("a file of settings, and mistakes in one sentence", async () => {
  const config = join(place.folder, "serve.yaml");
  writeFileSync(config, "maxBatch: 4\nmetrics: false\n");
  const { url } = await serve("--config", config);
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  const port = new URL(url).port;
  const refused = (...args: string[]) => place.run(["serve", "--home", place.folder, ...args]);
  const taken = await refused("--port", port);
  expect(taken.stderr).toMatch(/another program listens there\. \(server\.listen\)$/m);
  expect(taken.code).toBe(1);
  writeFileSync(config, "maxBatch: many\n");
  const wrong = await refused("--config", config);
  expect(wrong.stderr).toMatch(/^error: Expected maxBatch of .*serve\.yaml to be .*\(usage\.setting\)$/m);
  expect(wrong.code).toBe(2);
  expect((await refused("--config", join(place.folder, "none.yaml"))).stderr).toMatch(
    /there is no such file/,
  );
});
