import type { ImageTower } from "../models/manifest.js";
import type { Feed, Session } from "../runtime/session.js";
import { measureBatchSize } from "./batch-size.js";
import { type BatchFacts, rememberedBatch } from "./remembered-batch.js";

/** Pixels and activations of `auto`'s batch, unless a caller says else: 1 GiB. */
export const BATCH_BYTES = 1024 ** 3;

/** Batches whose squares are in memory at once, as bytes: one that is computed and two ahead. */
const BATCHES_AT_ONCE = 3;

/** A model's image tower on this machine. */
export interface AutoBatchOptions extends BatchFacts {
  readonly session: Pick<Session, "run">;
  readonly tower: ImageTower;
  readonly home: string;
}

/** The batch size that is fastest here: measured (a second) when it is first asked for and never before, then remembered. */
export function autoBatch(options: AutoBatchOptions): () => Promise<number> {
  let found: Promise<number> | undefined;
  return () => {
    found ??= rememberedBatch(options.home, options, () => measure(options)).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

function measure({ session, tower, mostBytes }: AutoBatchOptions): Promise<number> {
  const { size } = tower.preprocessing;
  const bytes = tower.pixels.layout === "u8-nhwc" ? 1 : 4;
  return measureBatchSize({
    run: async (pictures) => {
      await session.run({ [tower.input]: grey(tower, pictures) }, tower.output);
    },
    residentBytes: () => process.memoryUsage.rss(),
    now: () => performance.now(),
    pictureBytes: (BATCHES_AT_ONCE + bytes) * size * size * 3,
    mostBytes,
  });
}

/** How long a run takes does not hang on what is in the pictures. */
function grey({ pixels, preprocessing: { size } }: ImageTower, pictures: number): Feed {
  const length = pictures * size * size * 3;
  if (pixels.layout === "u8-nhwc") {
    const data = new Uint8Array(length).fill(100);
    return { type: "uint8", data, dims: [pictures, size, size, 3], given: true };
  }
  const data = new Float32Array(length).fill(0.5);
  return { type: "float32", data, dims: [pictures, 3, size, size], given: true };
}
