import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { LiveClient } from "../server/live-client.js";
import { photo, startServer, type TestServer } from "../server/server.js";

const has = spawnSync("nginx", ["-v"]).status === 0;

describe.skipIf(!has)(has ? "behind nginx" : "behind nginx (skipped: it is not on this machine)", () => {
  let one: TestServer;
  /** A replica that is full, and keeps what it was sent. */
  let full: Server;
  const asked: IncomingHttpHeaders[] = [];
  let nginx: ChildProcess;
  let url = "";

  const listening = async (server: Server): Promise<number> => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return (server.address() as AddressInfo).port;
  };
  beforeAll(async () => {
    one = await startServer({ settings: { trustProxy: true } });
    await one.server.warm();
    await one.server.app.listen({ host: "127.0.0.1", port: 0 });
    full = createServer((incoming, response) => {
      asked.push(incoming.headers);
      incoming.resume().on("end", () => response.writeHead(429, { "retry-after": "1" }).end("full"));
    });
    const replicas = [(one.server.app.server.address() as AddressInfo).port, await listening(full)];
    const free = createServer();
    const port = await listening(free);
    await new Promise((done) => free.close(done));
    url = `http://127.0.0.1:${port}`;
    const site = readFileSync("deploy/nginx.conf", "utf8")
      .replace(/server zeroclip:8765(.*;)/, (_, more) =>
        replicas.map((at) => `server 127.0.0.1:${at}${more}`).join("\n"),
      )
      .replace("listen 80;", `listen 127.0.0.1:${port};`);
    writeFileSync(join(one.home, "site.conf"), site);
    const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${join(one.home, name)};`,
    );
    const whole = `daemon off; master_process off; pid ${join(one.home, "pid")}; error_log stderr crit;
      events {} http { access_log off; ${folders.join(" ")} include ${join(one.home, "site.conf")}; }`;
    writeFileSync(join(one.home, "nginx.conf"), whole);
    nginx = spawn("nginx", ["-p", one.home, "-e", "stderr", "-c", join(one.home, "nginx.conf")], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    // Refused until it listens; where it ends instead, that is the error.
    while ((await fetch(`${url}/metrics`).then(({ status }) => status, String)) !== 404) {
      if (nginx.exitCode !== null) throw new Error(`nginx ended with ${nginx.exitCode}`);
      await new Promise((next) => setTimeout(next, 20));
    }
  });
  afterAll(async () => {
    if (nginx.exitCode === null) {
      const ended = new Promise((done) => nginx.once("close", done));
      nginx.kill("SIGKILL");
      await ended;
    }
    full.closeAllConnections();
    full.close();
    await one[Symbol.asyncDispose]();
  });

  const classify = (): Promise<Response> =>
    fetch(`${url}/v1/classify?labels=cat,dog`, {
      method: "POST",
      headers: { "content-type": "image/jpeg", "x-forwarded-for": "203.0.113.7" },
      body: new Uint8Array(photo("cat")),
    });

  it("asks another replica where one is full, and says itself whose request it is", async () => {
    const before = asked.length;
    for (let i = 0; i < 6; i++) {
      const answer = await classify();
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ results: [{ predictions: [{ label: "cat" }, {}] }] });
    }
    const refused = asked.slice(before);
    // It is asked again and again: to be full for a moment is no failure.
    expect(refused.length).toBeGreaterThan(1);
    for (const headers of refused) {
      expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
      expect(headers.host).toBe(new URL(url).host);
    }
  });

  it("asks only once where asking twice may change something", async () => {
    const change = (): Promise<Response> =>
      fetch(`${url}/v1/label-sets`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "behind", labels: ["a", "b"] }),
      });
    const told: number[] = [];
    while (told.length < 6) told.push((await change()).status);
    expect(told).toContain(429);
    expect(told).toContain(201);
  });

  it("passes live streams through", async () => {
    let client: LiveClient | undefined;
    // One of the two has no WebSockets: turns are taken.
    for (let i = 0; !client && i < 4; i++) {
      const socket = new WebSocket(`${url.replace("http", "ws")}/v1/live`);
      const opened = new LiveClient(socket);
      client = await new Promise((done) => {
        socket.once("open", () => done(opened));
        socket.once("error", () => done(undefined));
      });
    }
    client!.say({ type: "start", labels: ["cat", "dog"] });
    await client!.next("ready");
    client!.frame(photo("cat"), 1);
    expect((await client!.next("frame")).predictions![0]!.label).toBe("cat");
    client!.socket.close();
    await client!.end();
  });

  it("refuses a body that no server would take before any of it comes", async () => {
    const status = await new Promise((done, fail) => {
      const headers = { "content-type": "image/jpeg", "content-length": 65 * 2 ** 20 };
      const asking = request(`${url}/v1/classify`, { method: "POST", headers }, ({ statusCode }) => {
        done(statusCode);
        asking.destroy();
      });
      asking.once("error", fail);
      asking.flushHeaders();
    });
    expect(status).toBe(413);
  });
});
