import type { FilterName } from "./taps.js";

/** How a decoded picture becomes the square that the image tower reads. All sizes in pixels. */
export interface Preprocessing {
  /** Side of the square that enters the tower. */
  readonly size: number;
  /** Side that the shorter edge is resized to before the centre crop; `"squash"` resizes to size × size without crop. */
  readonly resizeTo: number | "squash";
  readonly filter: FilterName | "nearest";
  /**
   * `openai`: resize in the picture's own mode, crop offset rounded half to even, as the original (and open_clip) do.
   * `huggingface`: RGB first, crop offset rounded down, as transformers' CLIPImageProcessor does.
   */
  readonly style: "openai" | "huggingface";
}
