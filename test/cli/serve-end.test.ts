import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { PICTURES, workplace } from "../support/command.js";

const place = workplace();
afterAll(() => place[Symbol.dispose]());

const body = JSON.stringify({
  image: `data:image/jpeg;base64,${readFileSync(join(PICTURES, "cat.jpg")).toString("base64")}`,
  labels: ["cat", "dog"],
});
/** At the same time. */
const ASKED = 24;
// A body that does not say its length would count as the largest there may be.
const headers = {
  "content-type": "application/json",
  "content-length": Buffer.byteLength(body),
  expect: "100-continue",
};

it("told to end under load, it answers all whose heads it has taken, refuses new ones, and exits with 0", async () => {
  // However slow the machine is now: nothing is refused, and all that was begun is waited for.
  const patient = ["--max-queue-ms", "600000", "--request-timeout-ms", "600000", "--drain-ms", "600000"];
  const child = place.start(["serve", "--port", "0", "--json", "--log-level", "error", ...patient]);
  const ended = new Promise<number | null>((done) => child.on("close", done));
  try {
    const url = await new Promise<string>((done) => {
      child.stdout!.once("data", (chunk) => done((JSON.parse(String(chunk)) as { url: string }).url));
    });
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
    const asked = Array.from({ length: ASKED }, () => {
      const asking = request(`${url}/v1/classify`, { method: "POST", headers, agent: false });
      const answer = new Promise<number | undefined>((done, fail) => {
        asking.once("response", (response) => response.resume().once("end", () => done(response.statusCode)));
        asking.once("error", fail);
      });
      const taken = new Promise<void>((done) => asking.once("continue", done));
      asking.flushHeaders();
      return { asking, answer, taken };
    });
    await Promise.all(asked.map(({ taken }) => taken));
    child.kill("SIGTERM");
    // It listens no more, or says that it ends.
    const late = async (): Promise<number> => {
      const answer = await fetch(`${url}/v1/models`).catch(() => undefined);
      return answer?.status ?? 0;
    };
    await expect.poll(late).not.toBe(200);
    expect([0, 503]).toContain(await late());
    for (const { asking } of asked) asking.end(body);
    expect(await Promise.all(asked.map(({ answer }) => answer))).toEqual(Array(ASKED).fill(200));
    expect(await ended).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
});
