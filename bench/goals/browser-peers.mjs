// zeroclip's int8 beside transformers.js's q8 in one page of headless Chromium: the same seeded ViT-B/32, the same pictures, the same number
// of threads, in turn. ZEROCLIP_PYTHON names a Python that can make the seeded weights where they are not under ZEROCLIP_HOME yet.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { benchTexts } from "../../dist/bench/inputs.js";
import { setUpPeers } from "../../dist/bench/peers.js";
import { figure, timesFaster, withSpread } from "../../dist/bench/statistics.js";
import { readEnvironment } from "../../dist/environment.js";
import { dot, expandInputs, writeBrowserFiles } from "../../dist/index.js";
import { int8Form } from "../int8.mjs";
import { bundle, inPage, pageOf } from "./browser-page.mjs";
import { imagenetSample } from "./data.mjs";

const PEER = "transformers.js q8";
const ASKED = 1.3;
/** Of each figure: rounds, and how long a round of it takes at least. */
const [ROUNDS, ROUND_MS] = [5, 4000];
const FIGURES = {
  files: "photos of 224 pixels, file → vector",
  b1: "image tower, a picture at a time",
  b8: "image tower, batches of 8",
  texts: "64 prompts",
};
const PHOTOS = ["cat", "coffee", "rocket", "astronaut"].map((name) => `pictures/${name}.jpg`);
const say = (text) => process.stderr.write(`${text}\n`);

export async function* peers({ quick }) {
  const { home, python } = readEnvironment();
  const pictures = [];
  for await (const path of expandInputs([imagenetSample()])) pictures.push(path);
  const { checkpoint, contenders, missing } = await setUpPeers(
    { home, python, shape: "ViT-B-32", pictures, onNote: say },
    [PEER],
  );
  const [peer] = contenders;
  if (peer === undefined) throw new Error(`Expected ${PEER}: ${missing.join(" ")}`);
  const { packages, weights, dtype } = peer.spec;
  const int8Home = join(home, "bench", "goals");
  await int8Form(checkpoint, { home: int8Home, calibration: pictures, say });
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-goals-peers-"));
  try {
    const { models } = await writeBrowserFiles(join(folder, "zeroclip"), {
      models: [`${checkpoint}@int8`],
      home: int8Home,
      webgpu: false,
    });
    const modules = join(packages, "node_modules");
    const names = {
      "zeroclip/browser": join(process.cwd(), "dist/browser/index.js"),
      "@huggingface/transformers": join(modules, "@huggingface/transformers/dist/transformers.web.js"),
    };
    for (const program of ["peers.js", "transformers.js"])
      await bundle(program, join(folder, program), names);
    mkdirSync(join(folder, "ort"));
    for (const end of ["mjs", "wasm"]) {
      const name = `ort-wasm-simd-threaded.asyncify.${end}`;
      copyFileSync(join(modules, "onnxruntime-web/dist", name), join(folder, "ort", name));
    }
    writeFileSync(join(folder, "index.html"), pageOf("peers.js"));
    const given = {
      model: models[0].name,
      threads: Math.min(8, availableParallelism()),
      dtype,
      photos: PHOTOS,
      texts: benchTexts().slice(0, 64),
    };
    const folders = { "/": folder, "/pictures/": "bench/pictures", "/models/": weights };
    yield* inPage(folders, (page) => compared(page, given, quick));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* compared(page, given, quick) {
  const { version, threads } = await page.evaluate(`setUp(${JSON.stringify(given)})`);
  say(`transformers.js ${version}, ${threads} threads each`);
  const both = ["own", "peer"];
  const none = () => Object.fromEntries(Object.keys(FIGURES).map((name) => [name, []]));
  const times = { own: none(), peer: none() };
  const [rounds, ms] = quick ? [2, 1000] : [ROUNDS, ROUND_MS];
  // The first round warms up and does not count; each begins with another one.
  for (let round = 0; round <= rounds; round++)
    for (const name of Object.keys(FIGURES))
      for (const who of round % 2 === 0 ? both : both.toReversed()) {
        const took = await page.evaluate(`figure("${who}", "${name}", ${round === 0 ? 1 : ms})`);
        if (round > 0) times[who][name].push(took);
      }
  for (const [name, what] of Object.entries(FIGURES)) {
    const [own, peer] = both.map((who) => times[who][name]);
    const faster = timesFaster(peer, own);
    const spread = `${faster.median.toFixed(2)}× (${faster.low.toFixed(2)}–${faster.high.toFixed(2)})`;
    yield {
      goal: `ViT-B/32 int8 to ${PEER} in Chromium: ${what}`,
      asked: `>= ${ASKED}×`,
      measured: `${spread}: ${withSpread(figure(own))} to ${withSpread(figure(peer))} ms`,
      met: faster.median >= ASKED,
    };
  }
  const vectors = await page.evaluate("vectors()");
  const worst = Math.min(
    ...vectors.own.map((vector, i) => dot(Float32Array.from(vector), Float32Array.from(vectors.peer[i]))),
  );
  yield {
    goal: "worst cosine between both, 4 photos, seeded weights",
    asked: "—",
    measured: worst.toFixed(4),
  };
}
