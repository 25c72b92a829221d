import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { blocksOf } from "../docs/blocks.js";
import { photo, startServer, type TestServer } from "./server.js";

const missing = spawnSync("curl", ["--version"]).error !== undefined;
const reason = missing ? " (skipped: there is no curl on this machine)" : "";

/** Every command of the page that asks with the sample picture or changes a set, in the page's order. */
const commands = blocksOf("docs/server.md")
  .filter(({ language, code }) => language === "sh" && /^curl/.test(code) && /cat\.jpg|label-sets/.test(code))
  .flatMap(({ code }) => code.trim().split(/(?<!\\)\n/))
  .map((command) => command.replace(/\s+#.*$/, ""));

let one: TestServer;
let address = "";
beforeAll(async () => {
  one = await startServer();
  writeFileSync(join(one.home, "cat.jpg"), photo("cat"));
  await one.server.app.listen({ port: 0, host: "127.0.0.1" });
  address = `127.0.0.1:${(one.server.app.server.address() as AddressInfo).port}`;
});
afterAll(() => one[Symbol.asyncDispose]());

it.skipIf(missing)(`docs/server.md has its commands${reason}`, () => {
  expect(commands.length).toBeGreaterThanOrEqual(7);
});

it.skipIf(missing).each(commands)(`%s${reason}`, async (command) => {
  const asked = command.replace(/^curl/, "curl -sS --fail-with-body").replaceAll("localhost:8765", address);
  const { stdout } = await promisify(execFile)("bash", ["-c", asked], { cwd: one.home });
  const answer = JSON.parse(stdout);
  if (command.includes("/examples")) expect(answer).toMatchObject({ labelSet: "shelf" });
  else if (command.includes("cat.jpg")) expect(answer.results[0].predictions.length).toBeGreaterThan(0);
  else expect(answer).toMatchObject({ name: "shelf" });
});
