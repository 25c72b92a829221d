import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { loadClip } from "../../src/clip.js";
import { indexFolders } from "../../src/search/ingest/index-folders.js";
import { modelOf } from "../../src/search/ingest/model.js";
import { openStore } from "../../src/search/store/open.js";
import type { Store } from "../../src/search/store/store.js";
import type { CreateAppOptions } from "../../src/server/app.js";
import { startServer, type TestServer } from "./server.js";

/** A server with databases of real pictures, made by the starter model. */
export interface SearchServer extends TestServer {
  /** All below is in it. */
  readonly folder: string;
  /** The pictures of all databases. */
  readonly pictures: string;
  /** A folder for pictures that are added: `@uploads` in settings stands for it. */
  readonly uploads: string;
  readonly stores: Readonly<Record<string, Store>>;
}

export const PHOTOS = ["astronaut", "cat", "coffee", "rocket"] as const;

/** Four photos in two folders, a copy of one, and what is no picture. */
export function writePictures(folder: string): void {
  for (const [i, name] of PHOTOS.entries()) {
    const at = join(folder, i < 2 ? "living" : "things");
    mkdirSync(at, { recursive: true });
    const path = join(at, `${name}.jpg`);
    copyFileSync(`test/fixtures/pictures/${name}.jpg`, path);
    utimesSync(path, new Date(Date.UTC(2020 + i, 5, 1)), new Date(Date.UTC(2020 + i, 5, 1)));
  }
  mkdirSync(join(folder, "copies"));
  const copy = join(folder, "copies", "cat again.jpg");
  copyFileSync("test/fixtures/pictures/cat.jpg", copy);
  utimesSync(copy, new Date(Date.UTC(2024, 5, 1)), new Date(Date.UTC(2024, 5, 1)));
  writeFileSync(join(folder, "broken.jpg"), "no picture");
}

/** `pictures`: LanceDB in a folder; `memory`: the same rows in memory; and further addresses by name. */
export async function startSearchServer(
  given: Partial<CreateAppOptions> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<SearchServer> {
  const folder = mkdtempSync(join(tmpdir(), "zeroclip-search-server-"));
  const pictures = join(folder, "photos");
  writePictures(pictures);
  await using clip = await loadClip("starter", { home: folder, offline: true });
  const model = modelOf(clip);
  const stores: Record<string, Store> = {};
  for (const [name, address] of [
    ["pictures", join(folder, "pictures.db")],
    ["memory", "memory:"],
    ...Object.entries(more),
  ] as const) {
    const store = await openStore(address, { model, create: true, version: "0.0.0" });
    await indexFolders([pictures], { store, encoder: clip, thumbnail: name === "memory" ? 128 : undefined! });
    stores[name] = store;
  }
  const { settings, ...rest } = given;
  const uploads = join(folder, "uploads");
  mkdirSync(uploads);
  const one = await startServer({
    search: {
      folder: join(folder, "kept"),
      open: async (address) => stores[basename(address)] ?? openStore(address, { version: "0.0.0" }),
    },
    ...rest,
    settings: {
      // Beside these addresses are their trashes.
      databases: Object.keys(stores).map((name) => `${name}=${join(folder, "served", name)}`),
      ...settings,
      ...(settings?.uploads === "@uploads" ? { uploads } : {}),
    },
  });
  return {
    ...one,
    folder,
    pictures,
    uploads,
    stores,
    async [Symbol.asyncDispose]() {
      await one[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
