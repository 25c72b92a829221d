import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { createKey } from "../../src/server/keys/keys.js";

/** Debian's Chromium; undefined where it is not installed. */
export const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

/** Said in the name of what is skipped without it. */
export const reason = CHROMIUM === undefined ? " (skipped: there is no Chromium on this machine)" : "";

/** A browser whose camera shows a file. */
export async function openBrowser(camera: string, more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-video-capture=${camera}`,
      ...more,
    ],
  });
}

/** What has to be so before long. */
export const soon = <T>(read: () => T | Promise<T>) => expect.poll(read);

/** How long a page may take for a step on a machine that is busy with other things. */
export const PATIENCE_MS = 60_000;

/** A page of its own, whose steps have that patience. */
export async function newPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** An address that stays while the server behind it goes and comes. */
export interface Front extends AsyncDisposable {
  readonly url: string;
  /** Where connections lead; undefined: nowhere, they are closed. */
  behind: string | undefined;
}

export async function front(behind: string): Promise<Front> {
  const held: Front = {
    url: "",
    behind,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
  // A browser keeps its connections for a minute.
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    if (held.behind === undefined) return socket.destroy();
    const inner = connect(Number(new URL(held.behind).port), "127.0.0.1");
    inner.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("close", () => inner.destroy());
    socket.pipe(inner).pipe(socket);
    return undefined;
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return Object.assign(held, { url: `http://127.0.0.1:${port}` });
}

const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

/** What axe says is wrong. */
interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** No serious finding of axe, in the view that is open. */
export async function accessible(page: Page, what: string): Promise<void> {
  await page.evaluate(AXE);
  const found = await page.evaluate<Finding[]>("axe.run().then(({ violations }) => violations)");
  const grave = found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
  expect({ what, grave }).toEqual({ what, grave: [] });
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Asks with a JSON body and gives the JSON answer. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what is in it.
  json(address: string, options?: { method?: string; body?: unknown }): Promise<any>;
  createKey(name: string, scopes?: readonly ("read" | "write")[]): Promise<string>;
  end(): Promise<void>;
}

/** `zeroclip serve` as a user starts it, with the starter. */
export async function startServer(
  home: string,
  flags: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const child = spawn(
    process.execPath,
    ["dist/cli/main.js", "serve", "--json", "--port", "0", "--home", home, "--log-level", "error", ...flags],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...variables } },
  );
  const gone = once(child, "exit").then(() => {
    throw new Error("Expected a server that starts but it ended.");
  });
  const [line] = (await Promise.race([once(child.stdout, "data"), gone])) as [Buffer];
  gone.catch(() => undefined);
  const { url } = JSON.parse(String(line)) as { url: string };
  while (!(await fetch(`${url}/readyz`)).ok) await new Promise((next) => setTimeout(next, 50));
  const end = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  return {
    url,
    async json(address, { method = "GET", body } = {}) {
      const response = await fetch(address, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      return response.json();
    },
    createKey: async (name, scopes = ["read"]) => (await createKey(home, name, scopes)).key,
    end,
    [Symbol.asyncDispose]: end,
  };
}
