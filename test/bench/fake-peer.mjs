// A peer that measures nothing: its times are those of its spec. For the tests of the protocol and of the rounds.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

let spec = {};
console.log("a library's own line, which is no reply");
console.log('{"not": "a reply"}');
for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...request } = JSON.parse(line);
  if (request.do === "quit") break;
  if (request.do === "load") spec = request.spec;
  if (spec.log) appendFileSync(spec.log, `${spec.name} ${request.do} ${request.batch ?? ""}\n`);
  if (spec.dies === request.do) {
    console.error("out of luck");
    process.exit(3);
  }
  if (spec.hangs === request.do) continue;
  const ms = spec.ms ?? 10;
  const replies = {
    load: { ms: 5, size: 8, versions: { fake: "1.0" } },
    pixels: {},
    images: { ms: ms * request.batch, items: request.batch },
    texts: { ms: ms * request.texts?.length, items: request.texts?.length },
    files: { ms: ms * request.files?.length, items: request.files?.length },
    answer: { residentBytes: 1e6, cosines: [1] },
    features: { rows: Array.from({ length: request.count ?? 0 }, () => spec.vector ?? [1, 0]) },
    facts: { operations: 2e6, precision: "fp32", parameters: 100, diskBytes: 400 },
  };
  const reply = spec.refuses === request.do ? { error: "no such thing here" } : replies[request.do];
  console.log(JSON.stringify({ id, ...reply }));
}
