// A worker with a small model, so that a test can kill it at any moment: node worker.mjs ENCODER QUEUE PAUSE_MS.
import { setTimeout as pause } from "node:timers/promises";
import { work } from "../../../dist/search/queue/work.js";
import { openStore } from "../../../dist/search/store/open.js";

const [encoderFile, queue, milliseconds] = process.argv.slice(2);
const { pixelEncoder } = await import(encoderFile);

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

/** As slow as a real model. */
function slow(encoder) {
  return {
    ...encoder,
    async *encodeImageStream(...args) {
      for await (const encoded of encoder.encodeImageStream(...args)) {
        await pause(Number(milliseconds));
        yield encoded;
      }
    },
  };
}

await work({
  queue,
  takeoverMs: 1_000,
  signal: stop.signal,
  openModel: async () => slow(pixelEncoder()),
  openStore: (address, model) => openStore(address, { model, version: "test" }),
  onReady: () => process.stdout.write("ready\n"),
  onBatch: ({ result, error }) => process.stdout.write(`${result ? "done" : error.code}\n`),
});
process.stdout.write("stopped\n");
process.exit();
