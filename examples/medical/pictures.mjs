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

const inFrame = (i) => {
  const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
  return Math.min(x, y, SIDE - 1 - x, SIDE - 1 - y) < FRAME;
};

function moments(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

/** Mean brightness and contrast of all and of the frame, the frame in 32 parts, a thumbnail, and the shape of the file. */
export async function plainFacts(path) {
  const grey = [...(await greyOf(path))];
  const frame = grey.filter((_, i) => inFrame(i));
  const parts = [];
  for (let side = 0; side < 4; side++)
    for (let part = 0; part < 8; part++) {
      const values = grey.filter((_, i) => {
        const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
        const [along, away] = [
          [x, y],
          [x, SIDE - 1 - y],
          [y, x],
          [y, SIDE - 1 - x],
        ][side];
        return away < FRAME && Math.floor((8 * along) / SIDE) === part;
      });
      parts.push(...moments(values));
    }
  return {
    brightness: moments(grey)[0],
    contrast: moments(grey),
    frame: [...moments(frame), ...parts],
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
