import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { blocksOf } from "../docs/blocks.js";
import { photo, startServer } from "./server.js";

it("docs/live.md: the program runs against a server, and says what it sees", async () => {
  const [block] = blocksOf("docs/live.md").filter(({ language }) => language === "js");
  await using one = await startServer();
  await one.server.warm();
  await one.server.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = one.server.app.server.address() as AddressInfo;
  // Beside the modules, so that it finds ws; with pictures in the folder that it runs in.
  const folder = join(one.home, "example");
  mkdirSync(folder);
  for (const name of ["cat", "rocket"]) writeFileSync(join(folder, `${name}.jpg`), photo(name));
  const code = block!.code
    .replace("127.0.0.1:8765", `127.0.0.1:${port}`)
    .replace('"ws"', JSON.stringify(import.meta.resolve("ws")));
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  expect(await new Promise((done) => child.on("close", done))).toBe(0);
  const events = said.split("\n").filter((line) => /^(?:start|end) /.test(line));
  expect(events).toEqual(["start cat", "end cat", "start rocket", "end rocket"]);
  expect(said).toMatch(/^3\.9 rocket$/m);
});
