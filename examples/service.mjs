// A small service: the model is opened once, then each picture that is sent gets an answer as JSON.
// Run: node examples/service.mjs [port] [labels.txt] [least probability; auto after zeroclip calibrate] [domain]
// Ask: curl --data-binary @cat.jpg http://127.0.0.1:8080
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { ClipError, composeTemplates, loadClip } from "zeroclip";

const [port = "8080", file, least = "0.8", domain = "generic"] = process.argv.slice(2);
const labels = file
  ? (await readFile(file, "utf8")).split("\n").filter((line) => line.trim() !== "")
  : ["cat", "cup of coffee", "rocket"];
const MOST_BYTES = 16 * 1024 * 1024; // more than a phone's photo; whoever sends more is turned away
const MOST_WAITING = 32; // pictures in memory at once; whoever comes later is asked to come again

const clip = await loadClip("starter", { preload: true, cache: { text: true } });
const weights = await clip.zeroShotWeights(labels, composeTemplates([domain]));
const answer = await clip.answerer(weights, { abstain: least === "auto" ? least : Number(least), top: 3 });

let waiting = 0;
const server = createServer(async (request, response) => {
  const reply = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.method !== "POST") return reply(405, { error: "send a picture with POST" });
  if (waiting >= MOST_WAITING) return reply(503, { error: "busy" });
  waiting += 1;
  try {
    const parts = [];
    let bytes = 0;
    for await (const part of request) {
      bytes += part.length;
      if (bytes > MOST_BYTES) return reply(413, { error: `at most ${MOST_BYTES} bytes` });
      parts.push(part);
    }
    const [vector] = await clip.encodeImages([Buffer.concat(parts)]);
    if (vector instanceof ClipError) return reply(422, { error: vector.code, message: vector.message });
    reply(200, answer(vector));
  } catch (error) {
    if (!request.destroyed) reply(500, { error: error instanceof ClipError ? error.code : "failed" });
  } finally {
    waiting -= 1;
  }
});
server.listen(Number(port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`); // this machine alone: put a server with TLS and a login before it
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => server.close(() => clip[Symbol.asyncDispose]()));
}
