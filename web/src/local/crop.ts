import type { ImageInput, RawPixels } from "../../../src/image/input";

interface Share {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What image/crop.ts is in Node: a part of a picture, as the browser shows it. */
export async function cropped(input: ImageInput, share: Share): Promise<RawPixels> {
  const picture = await createImageBitmap(input as Blob);
  const side = (from: number, length: number, pixels: number): [number, number] => {
    const first = Math.min(pixels - 1, Math.round(from * pixels));
    return [first, Math.max(first + 1, Math.min(pixels, Math.round((from + length) * pixels))) - first];
  };
  const [left, width] = side(share.x, share.width, picture.width);
  const [top, height] = side(share.y, share.height, picture.height);
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.drawImage(picture, -left, -top);
  picture.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { data: new Uint8Array(data.buffer), width, height, channels: 4 };
}
