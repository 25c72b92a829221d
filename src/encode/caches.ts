import { EmbeddingCache } from "../cache/embedding-cache.js";
import { cacheFolders } from "../cache/folders.js";
import type { CacheBytes } from "../cache/options.js";
import type { CacheKind } from "../cache/space.js";
import type { ModelManifest } from "../models/manifest.js";

/** Features of texts in memory: 30,000 vectors of 512 numbers. */
const TEXT_MEMORY_BYTES = 64 * 1024 * 1024;

/** The caches of one loaded model; absent where they are off. */
export interface Caches {
  readonly text?: EmbeddingCache;
  readonly labels?: EmbeddingCache;
  readonly images?: EmbeddingCache;
}

/** Caches on disk for one model on one device: nothing of another revision, precision or device is ever found in them. */
export function openCaches(home: string, manifest: ModelManifest, device: string, bytes: CacheBytes): Caches {
  const { name, revision, precision, dim, image, text } = manifest;
  const folders = cacheFolders(home);
  const open = (kind: CacheKind, inputs: unknown, memoryBytes: number): EmbeddingCache => {
    const pictures = kind === "images";
    return new EmbeddingCache({
      memoryBytes,
      store: {
        folder: pictures ? folders.images : folders.text,
        mostBytes: pictures ? bytes.image : bytes.text,
        model: name,
        facts: { kind, revision, precision, device, dim, inputs },
      },
    });
  };
  return {
    ...(bytes.text > 0
      ? { text: open("text", null, TEXT_MEMORY_BYTES), labels: open("labels", text.tokenizer, 0) }
      : {}),
    ...(bytes.image > 0 ? { images: open("images", image.preprocessing, 0) } : {}),
  };
}

/** Writes what waits. */
export async function closeCaches({ text, labels, images }: Caches): Promise<void> {
  for (const cache of [text, labels, images]) await cache?.[Symbol.asyncDispose]();
}
