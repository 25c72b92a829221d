import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { createKey } from "../../src/server/keys/keys.js";

/** Debian's Chromium; undefined where it is not installed. */
export const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

/** A browser whose camera shows a file. */
export async function openBrowser(camera: string): Promise<Browser> {
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
    ],
  });
}

/** What has to be so before long: the machine may have other work. */
export const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 20_000 });

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
  flags: readonly string[] = ["--port", "0"],
  variables: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const given = flags.includes("--port") ? flags : ["--port", "0", ...flags];
  const child = spawn(
    process.execPath,
    ["dist/cli/main.js", "serve", "--json", "--home", home, "--log-level", "error", ...given],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...variables } },
  );
  const [line] = (await once(child.stdout, "data")) as [Buffer];
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
