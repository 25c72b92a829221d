import { type BottleneckHead, type Head, mixed } from "./head.js";
import { products } from "./matrix.js";

/** As `logitsOf`, for many pictures at once: f32 [n, dim] and cosines [n, labels] → logits [n, labels]. */
export async function logitsOfAll(
  head: Head,
  images: readonly Float32Array[],
  cosines: Float32Array,
  logitScale: number,
): Promise<Float32Array> {
  const width = images.length === 0 ? 0 : cosines.length / images.length;
  const logits = cosines.map((cosine) => logitScale * cosine);
  if (head.kind === "cache") {
    const near = await products(images, head.keys);
    const count = head.keys.length;
    for (let i = 0; i < images.length; i++)
      for (let k = 0; k < count; k++)
        logits[i * width + head.values[k]!]! +=
          head.alpha * Math.exp(-head.beta * (1 - near[i * count + k]!));
  } else if (head.kind === "linear") {
    const more = await products(images, head.vectors);
    for (let i = 0; i < logits.length; i++) {
      const c = i % width;
      logits[i] = head.gain[c]! * logits[i]! + more[i]! + head.bias[c]!;
    }
  } else if (head.kind === "bottleneck") {
    const changed = await changedRows(head, images);
    const near = await products(changed, head.texts);
    for (let i = 0; i < logits.length; i++) logits[i] = logitScale * near[i]!;
  }
  return logits;
}

async function changedRows(head: BottleneckHead, images: readonly Float32Array[]): Promise<Float32Array[]> {
  const hidden = (await products(images, head.down)).map((x) => Math.max(0, x));
  const width = head.down.length;
  const said = await products(
    images.map((_, i) => hidden.subarray(i * width, (i + 1) * width)),
    head.up,
  );
  const dim = head.up.length;
  return images.map((image, i) => mixed(image, said.subarray(i * dim, (i + 1) * dim), head.ratio));
}
