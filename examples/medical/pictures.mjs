// What can be told of a picture without a model, and pictures with a part taken out.
import sharp from "sharp";

/** Side of the square that all pictures are made. */
const SIDE = 224;
/** Width of the frame, pixels: skin, air, marks and the edges of the film, hardly any lung. */
const FRAME = 22;
/** Side of thumbnails. */
const SMALL = 16;

async function greyOf(path, side = SIDE) {
  const { data } = await sharp(path)
    .greyscale()
    .resize(side, side, { fit: "fill" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return data;
}

/** In which of the frame's 32 parts a pixel is (8 along each side), or −1: it is in the middle. */
const PART_OF = Int8Array.from({ length: SIDE * SIDE }, (_, i) => {
  const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
  const away = [y, SIDE - 1 - y, x, SIDE - 1 - x];
  const least = Math.min(...away);
  const side = away.indexOf(least);
  return least < FRAME ? 8 * side + Math.floor((8 * (side < 2 ? x : y)) / SIDE) : -1;
});

function moments(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

/** Mean brightness and contrast of all and of the frame, the frame in 32 parts, a thumbnail, and the shape of the file. */
export async function plainFacts(path) {
  const grey = await greyOf(path);
  const parts = Array.from({ length: 32 }, () => []);
  for (const [i, part] of PART_OF.entries()) if (part >= 0) parts[part].push(grey[i]);
  const whole = moments([...grey]);
  return {
    brightness: whole[0],
    contrast: whole,
    frame: [...moments(parts.flat()), ...parts.flatMap(moments)],
    thumbnail: [...(await greyOf(path, SMALL))],
  };
}

/** A picture whose middle is grey: only the frame is left. As PNG. */
export async function frameOnly(path) {
  const inner = SIDE - 2 * FRAME;
  const cover = await sharp({ create: { width: inner, height: inner, channels: 3, background: "#808080" } })
    .png()
    .toBuffer();
  return sharp(path)
    .resize(SIDE, SIDE, { fit: "fill" })
    .toColourspace("srgb")
    .composite([{ input: cover, left: FRAME, top: FRAME }])
    .png()
    .toBuffer();
}
