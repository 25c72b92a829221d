import { ClipError } from "../errors.js";
import type { ImageInput } from "../image/input.js";
import { readStream } from "../image/input.js";
import type { SentImage } from "./protocol.js";

/** What a browser shows: its pixels as they are now. */
export type Shown =
  | ImageBitmap
  | ImageData
  | VideoFrame
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas;

/** A picture: what Node takes but paths, where a text is an address, and whatever a browser shows. */
export type WebImageInput = ImageInput | Shown;

/** A picture that may be sent to another thread, and what of it changes hands. */
export interface Sendable {
  readonly image: SentImage;
  readonly transfer: readonly Transferable[];
}

function isShown(input: object): input is Exclude<Shown, ImageBitmap | ImageData> {
  return ["VideoFrame", "HTMLImageElement", "HTMLVideoElement", "HTMLCanvasElement", "OffscreenCanvas"].some(
    (name) => {
      const type = (globalThis as unknown as Record<string, unknown>)[name];
      return typeof type === "function" && input instanceof type;
    },
  );
}

/** Whether the page may read its pixels: those of another site only where that site allows it. */
function mayRead(image: ImageBitmap): boolean {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context?.drawImage(image, 0, 0, 1, 1, 0, 0, 1, 1);
  try {
    context?.getImageData(0, 0, 1, 1);
    return true;
  } catch {
    return false;
  }
}

/** Pixels of an element or frame now. Raises `image.decode` where it shows nothing yet, or what the page may not read. */
async function bitmapOf(shown: Exclude<Shown, ImageBitmap>): Promise<Sendable> {
  const asStored = { colorSpaceConversion: "none", premultiplyAlpha: "none" } as const;
  const image = await createImageBitmap(shown, asStored).catch((error: unknown) => {
    throw new ClipError("image.decode", "Expected something that shows a picture but it shows none yet.", {
      cause: error,
    });
  });
  if (mayRead(image)) return { image, transfer: [image] };
  image.close();
  throw new ClipError(
    "image.decode",
    "Expected a picture that this page may read but it is another site's: its element needs the attribute crossorigin, and that site has to allow it (CORS).",
  );
}

/** An input as it may be sent; what the caller holds stays its own. Raises `input.*`, `image.*`. */
export async function sendable(input: WebImageInput, maxBytes: number): Promise<Sendable> {
  const kept = (image: SentImage): Sendable => ({ image, transfer: [] });
  if (typeof input === "string") return kept(/^[a-z][a-z0-9+.-]*:/i.test(input) ? input : absolute(input));
  if (input instanceof URL) return kept(input.href);
  if (input instanceof Uint8Array || input instanceof Blob) return kept(input);
  if (input instanceof ArrayBuffer) return kept(new Uint8Array(input));
  if (typeof input === "object" && input !== null) {
    if (input instanceof ImageBitmap) return kept(input);
    if (input instanceof ImageData) {
      const { data, width, height } = input;
      return kept({
        data: new Uint8Array(data.buffer, data.byteOffset, data.length),
        width,
        height,
        channels: 4,
      });
    }
    if (isShown(input)) return bitmapOf(input);
    if (Symbol.asyncIterator in input)
      return kept(await readStream(input as AsyncIterable<Uint8Array>, maxBytes));
    // Not every browser can go over a stream.
    if (input instanceof ReadableStream) return kept(await readStream(partsOf(input), maxBytes));
    if ("data" in input && "channels" in input) return kept(input);
  }
  throw new ClipError(
    "input.type",
    `Expected an address, bytes, Blob, stream, pixels or an element but received ${input === null ? "null" : typeof input}.`,
  );
}

function absolute(address: string): string {
  return new URL(address, document.baseURI).href;
}

async function* partsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
