// The program of the worker: a model, and what is asked of it.
import "./dispose.js";
import { measureBatchSize, squaresAtOnce } from "../encode/batch-size.js";
import type { TextPart } from "../encode/text-routes.js";
import { encodeTexts } from "../encode/texts.js";
import { tokenizerOf } from "../encode/tokenizer-of.js";
import type { EncodeImagesOptions, EncodeProgress, Warning } from "../encoder.js";
import { ClipError } from "../errors.js";
import { type ImageInput, readDataUrl, readHeld } from "../image/input.js";
import { type ImageOptions, imageOptions } from "../image/options.js";
import type { Picture } from "../image/pixels.js";
import { prepareWith } from "../image/prepare-with.js";
import { LoadedClip } from "../loaded-clip.js";
import type { TextTower } from "../models/manifest.js";
import { allTowers, type Tower } from "../models/tower.js";
import type { Tokenizer } from "../text/tokenizer.js";
import { ownScale } from "../zeroshot/confidence/own-scale.js";
import { type Asker, answerCalls } from "./calls.js";
import { BROWSER, pictureOf } from "./decode.js";
import { fetchBytes } from "./download.js";
import { type ModelFiles, openModelFiles } from "./model-files.js";
import type { Note, OpenAnswer, OpenQuestion, Question, SentImage, SentResult } from "./protocol.js";
import { openTowers } from "./towers.js";

/** Pictures that are decoded beside the one that is computed. */
const DECODED_AT_ONCE = 4;

let clip: LoadedClip | undefined;

function open(): LoadedClip {
  if (clip) return clip;
  throw new ClipError("runtime.closed", "Expected an open model but none was opened.");
}

const tell = (asker: Asker, note: Note): void => asker.note(note);

/** Threads that ONNX Runtime may have here, and a note where it could have more. */
function threadsFor(asked: number | undefined, warn: (warning: Warning) => void): number {
  const most = globalThis.navigator.hardwareConcurrency || 1;
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= 256))
    throw new ClipError("runtime.options", `Expected 1 to 256 threads but received ${asked}.`);
  const wanted = asked ?? Math.min(MOST_THREADS, most);
  if (globalThis.crossOriginIsolated || wanted === 1) return wanted;
  warn({
    code: "runtime.threads",
    message: `One thread computes instead of ${wanted}: the page is not cross-origin isolated (docs/browser.md says which two headers do it).`,
  });
  return 1;
}

/** More gain little: the work of one picture is too small to be shared out. */
const MOST_THREADS = 8;

async function openClip(question: OpenQuestion, asker: Asker): Promise<OpenAnswer> {
  const { signal } = asker;
  const options = imageOptions(question.image);
  const warn = (warning: Warning): void => tell(asker, { warning });
  const threads = threadsFor(question.threads, warn);
  const model = await openModelFiles(question.folder, {
    sha256: question.sha256,
    keep: question.keep,
    signal,
    onProgress: (load) => tell(asker, { load }),
  });
  const { manifest } = model;
  const { dim, knownScripts, languages, textByScript = [] } = manifest;
  const openTokenizer = (tower: TextTower): Promise<Tokenizer> =>
    tokenizerOf(tower.tokenizer, (file) => readJson(model, file));
  const { towers, device } = await openTowers(model, {
    files: question.files,
    device: question.device,
    threads,
    encodeTexts: async (tower, session, texts) => {
      const tokenizer = await openTokenizer(tower);
      return encodeTexts({ session, tower, tokenizer, dim, knownScripts: undefined }, texts);
    },
    onWarning: warn,
  });
  const textPart = (tower: TextTower, session: Tower): TextPart => ({
    ...{ session, tower, dim, knownScripts, languages },
    openTokenizer: () => openTokenizer(tower),
  });
  const batch = once(() =>
    measureBatchSize({
      run: async (pictures) => {
        const squares = Array.from({ length: pictures }, (_, i) => i);
        await opened.encodeImages(squares.map(greySquare(manifest.image.preprocessing.size)), {
          batchSize: pictures,
        });
      },
      // A browser tells nobody how much memory is in use: the bound is that of sizes.
      residentBytes: () => 0,
      now: () => performance.now(),
      pictureBytes: 0,
      mostBytes: Infinity,
    }),
  );
  const opened = new LoadedClip({
    manifest,
    device,
    towers,
    image: {
      session: towers.image,
      tower: manifest.image,
      dim,
      options,
      read: (input) => readImage(input, options, question.fetches),
      preparer: { atOnce: DECODED_AT_ONCE, prepare: (job) => prepareWith(BROWSER, job) },
      squaresAtOnce: squaresAtOnce(device, threads),
      autoBatch: batch,
    },
    text: textPart(manifest.text, towers.text),
    textByScript: textByScript.map(({ scripts, tower }, i) => ({
      scripts,
      ...textPart(tower, towers.textByScript[i]!),
    })),
    calibrationFor: async () => ownScale(manifest),
    async close() {},
  });
  if (question.preload) {
    tell(asker, { load: { stage: "open", done: 0, total: 1 } });
    for (const tower of allTowers(towers)) await tower.open();
    tell(asker, { load: { stage: "open", done: 1, total: 1 } });
  }
  clip = opened;
  return { model: opened.model, threads };
}

async function readJson(model: ModelFiles, file: string): Promise<unknown> {
  const bytes = await model.read(file);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    const message = `Expected a tokenizer in JSON in ${file} but it can't be read.`;
    throw new ClipError("text.tokenizer", message, { cause: error });
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

const greySquare = (side: number) => (): ImageInput => ({
  data: new Uint8Array(side * side * 3).fill(100),
  width: side,
  height: side,
  channels: 3,
});

/** A picture as it was sent → its bytes or pixels. Raises `input.*`, `image.too-large`. */
async function readImage(
  input: ImageInput | ImageBitmap,
  options: ImageOptions,
  fetches: boolean,
): Promise<Uint8Array | Picture> {
  if (input instanceof ImageBitmap) return pictureOf(input, options);
  if (typeof input !== "string" && !(input instanceof URL)) return readHeld(input, options);
  const address = String(input);
  if (/^data:/i.test(address)) return readDataUrl(address, options.maxBytes);
  if (!fetches)
    throw new ClipError(
      "input.url",
      `Expected a picture but received the address ${address.slice(0, 100)}, and fetching is off unless fetchUrls is given.`,
    );
  try {
    return await fetchBytes(address, options.maxBytes);
  } catch (error) {
    if (!(error instanceof ClipError)) throw error;
    const code = error.code === "download.size" ? "image.too-large" : "image.fetch";
    throw new ClipError(code, error.message, { cause: error });
  }
}

async function encode(
  images: readonly SentImage[],
  options: EncodeImagesOptions,
): Promise<{ answer: SentResult[]; transfer: Transferable[] }> {
  const answer: SentResult[] = [];
  for await (const { id: _, result, ...more } of open().encodeImageStream(
    images as readonly ImageInput[],
    options,
  )) {
    if (result instanceof ClipError) {
      const { code, message } = result;
      answer.push({ ...more, error: { code, message } });
    } else answer.push({ ...more, result: result.slice() });
  }
  const transfer = answer.flatMap((one) => ("result" in one ? [one.result.buffer] : []));
  return { answer, transfer };
}

answerCalls(async (question: Question, asker) => {
  const { signal } = asker;
  const following = {
    signal,
    onProgress: (progress: EncodeProgress) => tell(asker, { progress }),
    onWarning: (warning: Warning) => tell(asker, { warning }),
    onTokens: (tokens: readonly number[]) => tell(asker, { tokens }),
    onStrange: (strange: readonly number[]) => tell(asker, { strange }),
  };
  switch (question.ask) {
    case "open":
      return { answer: await openClip(question, asker) };
    case "images":
      return encode(question.images, { ...question.options, signal });
    case "texts":
      return { answer: await open().encodeTexts(question.texts, { ...question.options, ...following }) };
    case "weights": {
      const { labels, templates, options } = question;
      return { answer: await open().zeroShotWeights(labels, templates, { ...options, ...following }) };
    }
  }
});
