import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clip, loadClip } from "../../src/clip.js";
import type { FetchOptions } from "../../src/image/guarded-fetch.js";
import { type CreateAppOptions, createApp, type ZeroclipServer } from "../../src/server/app.js";

/** A server on the starter model, in a home of its own. */
export interface TestServer extends AsyncDisposable {
  readonly server: ZeroclipServer;
  readonly home: string;
  /** Texts that its models were asked to encode, in order. */
  readonly texts: string[];
}

/** Bytes of a picture that ships with the tests. */
export function photo(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/pictures/${name}.jpg`, import.meta.url));
}

export function dataUrl(name: string): string {
  return `data:image/jpeg;base64,${photo(name).toString("base64")}`;
}

/** Builds one; `given` replaces what it is made of, `fetch` how pictures are fetched where they are. */
export async function startServer(
  given: Partial<CreateAppOptions> = {},
  fetch: FetchOptions = { lookup: async () => ["127.0.0.1"] },
): Promise<TestServer> {
  const home = mkdtempSync(join(tmpdir(), "zeroclip-server-"));
  const texts: string[] = [];
  const { settings = {} } = given;
  const fetchUrls = settings.fetchUrls ? { fetchUrls: fetch } : {};
  const server = await createApp({
    version: "0.0.0",
    labelSets: join(home, "label-sets"),
    examples: join(home, "examples"),
    open: async (model) => spying(await loadClip(model, { home, offline: true, ...fetchUrls }), texts),
    ...given,
  });
  return {
    server,
    home,
    texts,
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function spying(clip: Clip, texts: string[]): Clip {
  const encode = clip.encodeTexts.bind(clip);
  clip.encodeTexts = (asked, options) => {
    texts.push(...asked);
    return encode(asked, options);
  };
  return clip;
}
