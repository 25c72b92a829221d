import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../../support/command.js";
import { milvusLite, NO_MILVUS } from "../../support/milvus-lite.js";

const has = spawnSync("openssl", ["version"]).status === 0;
const reason = NO_MILVUS || (has ? "" : " (skipped: there is no openssl on this machine)");

// Milvus Lite speaks no TLS: what speaks it stands in front of it, as a proxy does.
describe.skipIf(reason !== "")(`Milvus over TLS${reason}`, () => {
  const milvus = milvusLite();
  const place = workplace();
  let front: Server;
  let address = "";
  const certificate = join(place.folder, "certificate.pem");
  beforeAll(async () => {
    const key = join(place.folder, "key.pem");
    const made = [
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      certificate,
    ];
    const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    execFileSync("openssl", ["req", ...made, ...named], { stdio: "ignore" });
    await milvus.start();
    const own = { key: readFileSync(key), cert: readFileSync(certificate), ALPNProtocols: ["h2"] };
    front = createServer(own, (socket) => {
      const inner = connect(milvus.port, "127.0.0.1");
      inner.on("error", () => socket.destroy()).on("close", () => socket.destroy());
      socket.on("error", () => inner.destroy()).on("close", () => inner.destroy());
      socket.pipe(inner).pipe(socket);
    });
    front.on("tlsClientError", () => undefined);
    await new Promise<void>((ready) => front.listen(0, "127.0.0.1", ready));
    address = `milvuss://localhost:${(front.address() as AddressInfo).port}/pictures`;
    mkdirSync(join(place.folder, "photos"));
    copyFileSync(join(PICTURES, "cat.jpg"), join(place.folder, "photos", "cat.jpg"));
  });
  afterAll(async () => {
    front?.close();
    await milvus[Symbol.asyncDispose]();
    place[Symbol.dispose]();
  });

  it("is indexed and searched, by a certificate that the process knows", async () => {
    const env = { NODE_EXTRA_CA_CERTS: certificate };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await place.run([...args, "--db", address, "--json", "--quiet"], {
        env,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return JSON.parse(stdout);
    };
    expect(await run("index", "photos")).toMatchObject({ added: 1 });
    const { hits } = await run("search", "--text", "a cat", "--all");
    expect(hits).toMatchObject([{ path: expect.stringMatching(/cat\.jpg$/) }]);
  });

  it("is refused in one sentence where the certificate is nobody's", async () => {
    const { code, stderr } = await place.run(["db", "stats", "--db", address]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /Expected the store milvuss:\/\/localhost:\d+\/pictures to answer but it failed \([^\n]+\)\. \(search\.store\)\n$/,
    );
  });
});
