import { pino } from "pino";
import { expect, it } from "vitest";
import { dataUrl, startServer } from "./server.js";

it("a line a request, with the id that its answer has, and nothing of what was asked", async () => {
  const lines: string[] = [];
  const logger = pino({ base: null }, { write: (line) => void lines.push(line) });
  await using one = await startServer({ logger });
  const answer = await one.server.app.inject({
    method: "POST",
    url: "/v1/classify?labels=aardvark",
    headers: { authorization: "Bearer zc_not_a_key" },
    payload: { image: dataUrl("cat"), labels: ["aardvark"], template: "zebra" },
  });
  expect(answer.statusCode).toBe(400);
  await expect.poll(() => lines.some((line) => line.includes('"answered"'))).toBe(true);
  const [line] = lines.filter((one) => one.includes('"answered"'));
  expect(JSON.parse(line!)).toMatchObject({
    requestId: answer.json().requestId,
    route: "/v1/classify",
    status: 400,
  });
  expect(lines.join("")).not.toMatch(/aardvark|zebra|zc_|base64/);
});
