import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { type IndexOptions, indexFolders } from "../../../src/search/ingest/index-folders.js";
import { modelOf } from "../../../src/search/ingest/model.js";
import type { IndexReport } from "../../../src/search/ingest/report.js";
import { openStore } from "../../../src/search/store/open.js";
import type { Store } from "../../../src/search/store/store.js";
import { type PixelEncoder, pixelEncoder } from "../../support/pixel-encoder.js";

/** A picture of noise, another one for each seed, as a PNG. */
export async function picture(seed: number, side = 24): Promise<Buffer> {
  let state = seed * 2_654_435_761 + 1;
  const data = Buffer.alloc(side * side * 3);
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = state >>> 24;
  }
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

/** A folder, a store in memory and an encoder that counts. */
export interface Scene extends Disposable {
  readonly folder: string;
  readonly store: Store;
  readonly encoder: PixelEncoder;
  /** Writes a file below the folder → its path. */
  write(name: string, data: Uint8Array | string): Promise<string>;
  index(options?: Partial<IndexOptions>): Promise<IndexReport>;
  /** Paths of all rows below the folder, sorted. */
  rows(): Promise<string[]>;
}

export async function scene(): Promise<Scene> {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "zeroclip-ingest-")));
  const folder = join(top, "photos");
  await mkdir(folder);
  const encoder = pixelEncoder();
  const store = await openStore("memory:", { model: modelOf(encoder), create: true, version: "test" });
  return {
    folder,
    store,
    encoder,
    async write(name, data) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, data);
      return path;
    },
    index: (options) => indexFolders([folder], { store, encoder, ...options }),
    async rows() {
      const paths: string[] = [];
      for await (const rows of store.scan({ columns: ["path"] })) paths.push(...rows.map(({ path }) => path));
      return paths.map((path) => path.replace(`${folder}/`, "")).sort();
    },
    [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }),
  };
}
