import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeTexts, type TextSide } from "../../src/encode/texts.js";
import { dot } from "../../src/math/dot.js";
import { openModel } from "../../src/models/open.js";
import { openSession, type Session } from "../../src/runtime/session.js";
import type { Tokenizer } from "../../src/text/tokenizer.js";
import { CHECKPOINTS } from "../models/golden.js";

/** A letter is a token; the checkpoint knows 128. */
const tokenizer: Tokenizer = {
  maxLength: 16,
  padId: 0,
  encode: (text) => {
    const ids = [126, ...[...text].map((letter) => letter.charCodeAt(0) % 100)];
    return { ids: [...ids.slice(0, 15), 127], lost: Math.max(0, ids.length - 15), unknown: 0 };
  },
};

let folder = "";
let session: Session;
let side: TextSide;
const runs: number[][] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "zeroclip-prefix-"));
  const model = await openModel(`${CHECKPOINTS}tiny-vit.openai.pt`, { cacheFolder: folder });
  session = await openSession(join(model.folder, model.manifest.text.file), { threads: 1 });
  const recorded: Pick<Session, "run"> = {
    run: (feeds, output) => {
      runs.push(Object.values(feeds).map(({ data }) => data.length));
      return session.run(feeds, output);
    },
  };
  const { dim, text } = model.manifest;
  side = { session: recorded, tower: text, tokenizer, dim, knownScripts: undefined };
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Each text in a run of its own, with no beginning taken apart. */
async function apart(text: string): Promise<Float32Array> {
  const { ids } = tokenizer.encode(text);
  const { idsInput, prefixInput, output } = side.tower;
  const feeds = {
    [prefixInput!]: { type: "int32", data: new Int32Array(0), dims: [1, 0] },
    [idsInput]: { type: "int32", data: Int32Array.from(ids), dims: [1, ids.length] },
  } as const;
  return (await session.run(feeds, output)).data;
}

async function expectSame(texts: readonly string[], batchSize?: number): Promise<void> {
  const found = await encodeTexts(side, texts, batchSize === undefined ? {} : { batchSize });
  for (const [i, text] of texts.entries()) {
    const alone = await apart(text);
    expect(dot(found[i]!, alone) / Math.hypot(...alone)).toBeGreaterThan(1 - 1e-6);
  }
}

describe("a beginning computed once", () => {
  it("gives the vectors of texts computed alone", async () => {
    const template = ["cat", "dog", "ant", "a", ""].map((word) => `a pic of ${word}.`);
    runs.length = 0;
    await expectSame(template);
    // 126 and "a pic of " once; then at most "cat", ".", 127 of each.
    expect(runs).toEqual([[5 * 5, 10]]);
  });

  it("whatever the texts are: one the beginning of another, empty, too long, in any order", async () => {
    await expectSame(["", "a", "ab", "abc", "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqr", "b"]);
    const texts = fc.array(fc.stringMatching(/^(aaaa|abca|b)?[ab]{0,14}$/), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(texts, fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), expectSame),
      { numRuns: 40 },
    );
  });
});
