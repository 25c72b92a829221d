import type { ClassifyOptions, ZeroclipClient } from "./api";
import { jpegOf } from "./frames";

/** Cells a side of the map, and how far a cover reaches beyond its cell. */
const CELLS = 7;
const REACH = 0.5;
const SIDE = 336;
const PICTURES_AT_ONCE = 16;

/** Which parts of a picture speak for a label: drops of its similarity when they are covered, scaled to 0..1. */
export interface OcclusionMap {
  readonly label: string;
  readonly cells: number;
  /** [cells · cells], row by row, of the square in the middle of the picture that the model sees. */
  readonly drops: readonly number[];
}

async function middleOf(file: Blob): Promise<HTMLCanvasElement> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SIDE, SIDE];
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  canvas.getContext("2d")!.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  return canvas;
}

function covered(square: HTMLCanvasElement, cell: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SIDE, SIDE];
  const context = canvas.getContext("2d")!;
  context.drawImage(square, 0, 0);
  const size = SIDE / CELLS;
  const [x, y] = [(cell % CELLS) * size, Math.floor(cell / CELLS) * size];
  context.fillStyle = "#808080";
  context.fillRect(x - REACH * size, y - REACH * size, size * (1 + 2 * REACH), size * (1 + 2 * REACH));
  return canvas;
}

/** Covers part after part with grey and asks how much less the label fits (Zeiler and Fergus, arXiv 1311.2901). */
export async function occlusionMap(
  api: ZeroclipClient,
  file: Blob,
  label: string,
  asked: ClassifyOptions,
  signal: AbortSignal,
): Promise<OcclusionMap> {
  const square = await middleOf(file);
  const pictures = [square, ...Array.from({ length: CELLS * CELLS }, (_, cell) => covered(square, cell))];
  const similarities: number[] = [];
  for (let at = 0; at < pictures.length; at += PICTURES_AT_ONCE) {
    const images = await Promise.all(
      pictures.slice(at, at + PICTURES_AT_ONCE).map(async (canvas, i) => ({
        picture: await jpegOf(canvas, 0.9),
        name: `part-${at + i}.jpg`,
      })),
    );
    const { coverage: _, abstain: __, views: ___, ...plain } = asked;
    const { results } = await api.classify({ images, ...plain }, { signal });
    for (const { predictions } of results)
      similarities.push(predictions.find((one) => one.label === label)?.similarity ?? 0);
  }
  const [whole, ...parts] = similarities;
  const drops = parts.map((similarity) => Math.max(0, whole! - similarity));
  const most = Math.max(...drops, 1e-6);
  return { label, cells: CELLS, drops: drops.map((drop) => drop / most) };
}
