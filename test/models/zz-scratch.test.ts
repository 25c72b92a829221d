import { cp, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "vitest";
import { loadClip } from "../../src/clip.js";
import { openModel } from "../../src/models/open.js";
import { openSession } from "../../src/runtime/session.js";
const MODELS = new URL("../golden/multilingual/models/", import.meta.url).pathname;
const TOK = new URL("../golden/multilingual/tokenizers/", import.meta.url).pathname;
const { cases, pixels: known } = JSON.parse(await readFile(`${MODELS}models.json`, "utf8"));
const cos = (a: any, b: any) => { let [d, x, y] = [0, 0, 0]; for (let i = 0; i < a.length; i++) { d += a[i] * b[i]; x += a[i] ** 2; y += b[i] ** 2; } return d / Math.sqrt(x * y); };
test("print", async () => {
  const home = await mkdtemp(join(tmpdir(), "zz-"));
  for (const c of cases) {
    await cp(MODELS + c.path, join(home, c.path), { recursive: true });
    for (const f of c.tokenizer) await cp(TOK + f, join(home, c.path, basename(f)));
    const img = new URL("../golden/checkpoint/tiny-vit.openai.pt", import.meta.url).pathname;
    const name = c.size === 0 ? `${img}+${join(home, c.path)}` : join(home, c.path);
    const clip = await loadClip(name, { home, threads: 1, onWarning: () => {} });
    const all = await clip.encodeTexts(c.texts);
    const t = Math.min(...c.text.map((e: any, i: number) => cos(all[i], e)));
    let p = Number.NaN;
    if (c.size) {
      const h = await openModel(name, { cacheFolder: join(home, "compiled") });
      const s = await openSession(join(h.folder, h.manifest.image.file), { threads: 1 });
      const data = Buffer.from(known[c.size], "base64");
      const { data: f } = await s.run({ [h.manifest.image.input]: { type: "uint8", data, dims: [3, c.size, c.size, 3] } }, h.manifest.image.output);
      p = Math.min(...c.image.map((e: any, i: number) => cos(f.subarray(i * h.manifest.dim, (i + 1) * h.manifest.dim), e)));
    }
    console.log("PARITY", c.path, (1 - p).toExponential(1), (1 - t).toExponential(1));
  }
}, 200000);
