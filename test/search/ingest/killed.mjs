// A process that indexes a folder when it is told to, so that a test can kill it at any moment: node killed.mjs ENCODER FOLDER DB.
// It says `ready` when everything is loaded, waits for a line, and says `done` and its report, or the code of its error.
import { once } from "node:events";
import { indexFolders } from "../../../dist/search/ingest/index-folders.js";
import { modelOf } from "../../../dist/search/ingest/model.js";
import { openStore } from "../../../dist/search/store/open.js";

const [encoderFile, folder, db, hold] = process.argv.slice(2);
const { pixelEncoder } = await import(encoderFile);
const encoder = pixelEncoder();
await import("@lancedb/lancedb");
process.stdout.write("ready\n");
await once(process.stdin, "data");
try {
  await using_(await openStore(db, { model: modelOf(encoder), create: true, version: "test" }), async (store) => {
    if (hold) {
      const held = await store.hold();
      process.stdout.write("held\n");
      await once(process.stdin, "data");
      await held[Symbol.asyncDispose]();
    }
    const report = await indexFolders([folder], { store, encoder, thumbnail: 16 });
    process.stdout.write(`done ${JSON.stringify(report)}\n`);
  });
} catch (error) {
  process.stdout.write(`failed ${error.code}: ${error.message}\n`);
}
process.exit();

/** `await using`, which this Node can't read. */
async function using_(store, work) {
  try {
    await work(store);
  } finally {
    await store[Symbol.asyncDispose]();
  }
}
