import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

describe("examples/service.mjs", () => {
  const place = workplace();
  let service: ChildProcess;
  let address = "";

  beforeAll(async () => {
    const env = { PATH: process.env.PATH, ZEROCLIP_HOME: place.folder, ZEROCLIP_OFFLINE: "1" };
    service = spawn(process.execPath, ["examples/service.mjs", "0"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    [address] = (await once(createInterface(service.stdout!), "line")) as [string];
  });
  afterAll(() => {
    service.kill("SIGKILL");
    place[Symbol.dispose]();
  });

  const send = async (body: Uint8Array): Promise<{ status: number; answer: unknown }> => {
    const response = await fetch(address, { method: "POST", body });
    return { status: response.status, answer: await response.json() };
  };

  it("answers for a picture, and says what is wrong with what is none", async () => {
    const [cat, words] = await Promise.all([
      send(readFileSync(`${PICTURES}/cat.jpg`)),
      send(Buffer.from("words")),
    ]);
    expect(cat).toMatchObject({
      status: 200,
      answer: { abstained: false, predictions: [{ label: "cat" }, {}, {}] },
    });
    expect(words).toMatchObject({ status: 422, answer: { error: "image.format" } });
    expect(await send(new Uint8Array())).toMatchObject({ status: 422, answer: { error: "image.empty" } });
  });

  it("turns away what is no POST, and more bytes than it takes", async () => {
    expect((await fetch(address)).status).toBe(405);
    // The connection may be cut before the answer is read: who sends too much is not listened to.
    const huge = await send(new Uint8Array(17 * 1024 * 1024)).catch(() => ({ status: 413 }));
    expect(huge.status).toBe(413);
  });

  it("ends in order when it is told to", async () => {
    service.kill("SIGTERM");
    expect(await once(service, "close")).toEqual([0, null]);
  });
});
