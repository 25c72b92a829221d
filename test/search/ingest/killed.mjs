// A process that indexes a folder when it is told to, so that a test can kill it at any moment: node killed.mjs FOLDER DB [hold].
// What it indexes are any bytes: its encoder counts them, so that nothing has to be loaded that decodes pictures. It says `ready` when everything is loaded, waits for a line, and says `done` and its report, or the code of its error.
import { once } from "node:events";
import { unit } from "../../../dist/math/unit.js";
import { indexFolders } from "../../../dist/search/ingest/index-folders.js";
import { modelOf } from "../../../dist/search/ingest/model.js";
import { loadNative } from "../../../dist/search/store/lancedb/native.js";
import { openStore } from "../../../dist/search/store/open.js";

const [folder, db, hold] = process.argv.slice(2);

/** Bytes → how often those of each of 16 kinds are there, length 1. */
function vectorOf(bytes) {
  const counts = new Float32Array(16).fill(1);
  for (const byte of bytes) counts[byte >> 4] += 1;
  return unit(counts);
}

const facts = {
  ...{ width: 1, height: 1, taken: null, latitude: null, longitude: null, camera: null },
  ...{ perceptual: "0".repeat(16), sharpness: 0, blank: false, thumbnail: null },
};
const encoder = {
  model: { name: "bytes", revision: "1", precision: "fp32", dim: 16 },
  async *encodeImageStream(inputs) {
    let position = 0;
    for await (const bytes of inputs) yield { id: `#${position++}`, result: vectorOf(bytes), facts };
  },
};
await loadNative();
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
    const report = await indexFolders([folder], { store, encoder });
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
