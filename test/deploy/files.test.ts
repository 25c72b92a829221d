import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { serverOptionsSchema } from "../../src/server/options.js";
import { SETTINGS, settingsFrom } from "../../src/server/settings.js";
import { startServer, type TestServer } from "../server/server.js";

const read = (path: string): string => readFileSync(path, "utf8");
const FILES = [
  "Dockerfile",
  "compose.yaml",
  "deploy/compose.replicas.yaml",
  "deploy/nginx.conf",
  "deploy/zeroclip.service",
  "deploy/kubernetes.yaml",
  "deploy/health.mjs",
  "docs/deploy.md",
  "docs/deploy.zh-CN.md",
];
const usual = serverOptionsSchema.parse({});
const dockerfile = read("Dockerfile");
/** The words of an instruction of the Dockerfile, the last one of its name. */
const instruction = (name: string): string =>
  [...dockerfile.replaceAll("\\\n", " ").matchAll(new RegExp(`^${name} (.+)$`, "gm"))].at(-1)![1]!;
const tags = ["!reset", "!override"].map((tag) => ({ tag, collection: "seq" as const, resolve: () => [] }));
const compose = parse(read("compose.yaml")).services.zeroclip;
const replicas = parse(read("deploy/compose.replicas.yaml"), {
  customTags: tags,
  logLevel: "error",
}).services;
const kubernetes = parseAllDocuments(read("deploy/kubernetes.yaml")).map((one) => one.toJS());
const pod = kubernetes.find(({ kind }) => kind === "Deployment").spec.template.spec;
const [container] = pod.containers;
const nginx = read("deploy/nginx.conf");
const unit = read("deploy/zeroclip.service");

it.each(FILES)("%s names settings and flags that there are", (path) => {
  const text = read(path);
  const known = SETTINGS.map(({ variable }) => variable);
  for (const [name] of text.matchAll(/ZEROCLIP_SERVE_[A-Z_]*[A-Z]/g)) expect(known).toContain(name);
  for (const [, name] of text.matchAll(/\b(ZEROCLIP_(?!SERVE)[A-Z_]+)\b/g))
    expect(read("src/environment.ts") + read("bench/sizing.mjs"), name).toContain(name!);
  const flags = [...SETTINGS.map(({ flag }) => flag), "--threads", "--config", "--json", "--log-level"];
  for (const [, words] of text.matchAll(/(?:zeroclip serve|"serve",)([^\n`\]]*)/g))
    for (const [flag] of words!.matchAll(/--[a-z][a-z-]*/g)) expect(flags).toContain(flag);
});

it("values of settings are such as the server takes", () => {
  const values = (text: string): string => text.replace(/^\$\{\w+:-(.*)\}$/, "$1");
  const sets: Record<string, string>[] = [
    Object.fromEntries(
      [...instruction("ENV").matchAll(/(ZEROCLIP_SERVE_\w+)=(\S+)/g)].map(([, k, v]) => [k, v]),
    ),
    compose.environment,
    replicas.zeroclip.environment,
    Object.fromEntries(container.env.map(({ name, value }: Record<string, string>) => [name, value])),
  ];
  for (const set of sets) {
    const variables = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, values(value)]));
    const given = settingsFrom({ flags: {}, variables });
    expect(Object.keys(given).length).toBeGreaterThan(0);
    expect(serverOptionsSchema.safeParse(given).error).toBeUndefined();
  }
});

it("all speak of one port", () => {
  expect(Number(instruction("EXPOSE"))).toBe(usual.port);
  expect(compose.ports).toEqual([`127.0.0.1:${usual.port}:${usual.port}`]);
  expect(replicas.proxy.ports).toEqual([`127.0.0.1:${usual.port}:80`]);
  expect(container.ports).toEqual([{ name: "http", containerPort: usual.port }]);
  expect(nginx).toMatch(new RegExp(`server zeroclip:${usual.port} `));
});

it("nobody is killed while answers are in the making", () => {
  const seconds = usual.drainMs / 1000;
  expect(Number.parseInt(compose.stop_grace_period, 10)).toBeGreaterThan(seconds);
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1])).toBeGreaterThan(seconds);
  const pause = Number(container.lifecycle.preStop.exec.command[1]);
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds + pause);
});

it("runs as nobody of rights, with nothing but its home and /tmp to write", () => {
  expect(instruction("USER")).toBe("1000:1000");
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
  expect(container.securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
  });
  expect(compose).toMatchObject({ read_only: true, cap_drop: ["ALL"], tmpfs: ["/tmp"] });
  const home = /ZEROCLIP_HOME=(\S+)/.exec(instruction("ENV"))![1];
  expect(compose.volumes).toEqual([`home:${home}`]);
  expect(container.volumeMounts).toContainEqual({ name: "home", mountPath: home });
});

it("what the image takes is there, and leaves the working folder", () => {
  const sent = read(".dockerignore").split("\n");
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words]) =>
    words!.split(" ").slice(0, -1),
  );
  for (const path of copied.filter((one) => one !== ".")) {
    expect(existsSync(path), path).toBe(true);
    expect(sent, path).toContain(`!${path}`);
  }
});

describe("against a real server", () => {
  let one: TestServer;
  let port = 0;
  beforeAll(async () => {
    one = await startServer();
    await one.server.app.listen({ host: "127.0.0.1", port: 0 });
    ({ port } = one.server.app.server.address() as AddressInfo);
  });
  afterAll(() => one[Symbol.asyncDispose]());

  /** The image's health check on this machine. */
  const health = (at: number): Promise<number | null> => {
    const [command, ...args] = JSON.parse(/CMD (\[.+\])$/.exec(instruction("HEALTHCHECK"))![1]!) as string[];
    expect(command).toBe("node");
    const env = { ...process.env, ZEROCLIP_SERVE_PORT: String(at) };
    const child = spawn(process.execPath, args, { env, stdio: "inherit" });
    return new Promise((done) => child.on("close", done));
  };

  it("the image's health check says no before it is warm and where nobody listens, and then yes", async () => {
    expect(await Promise.all([health(port), health(1)])).toEqual([1, 1]);
    await one.server.warm();
    expect(await health(port)).toBe(0);
  });

  it("the figures to watch are there", async () => {
    const { body } = await one.server.app.inject({ url: "/metrics", headers: { host: "localhost" } });
    for (const page of ["docs/deploy.md", "docs/deploy.zh-CN.md"]) {
      const names = [...read(page).matchAll(/`((?:zeroclip|process|nodejs)_[a-z0-9_]+)/g)].map(
        ([, name]) => name!,
      );
      expect(names.length).toBeGreaterThan(8);
      for (const name of names) expect(body, name).toContain(`# TYPE ${name} `);
    }
  });

  it("the probes ask what is answered", async () => {
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe])
      expect((await one.server.app.inject(probe.httpGet.path)).statusCode).toBe(200);
  });

  it("nginx waits longer than the server, lets connections go sooner, and takes bodies as large", () => {
    const seconds = (name: string): number => Number(new RegExp(`\\b${name} (\\d+)s;`).exec(nginx)![1]);
    expect(seconds("keepalive_timeout") * 1000).toBeLessThan(one.server.app.server.keepAliveTimeout);
    const longest = Math.max(usual.requestTimeoutMs, usual.streamIdleMs);
    expect(seconds("proxy_read_timeout") * 1000).toBeGreaterThan(longest);
    expect(nginx).toContain(`client_max_body_size ${usual.maxBodyBytes / 2 ** 20}m;`);
  });
});
