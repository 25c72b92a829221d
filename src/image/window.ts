/** Which values of a medical picture become black to white, in its own unit (CT: Hounsfield): `center` is the middle grey. */
export interface Window {
  readonly center: number;
  /** From 1 */
  readonly width: number;
}

/** Stored numbers of pixels. */
export type Values = Uint8Array | Float32Array;

/** The window that is asked for, else the file's own, else one from the least to the largest value. */
export function windowOf(
  asked: "auto" | Window,
  own: Partial<Record<keyof Window, number | undefined>>,
  values: Values,
  slope: number,
  intercept: number,
): Window {
  if (asked !== "auto") return asked;
  const { center, width } = own;
  if (center !== undefined && width !== undefined && width >= 1) return { center, width };
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    const real = slope * value + intercept;
    least = Math.min(least, real);
    most = Math.max(most, real);
  }
  // In the standard's terms a window of w has w − 1 steps around c − 0.5.
  return { center: (least + most) / 2 + 0.5, width: most - least + 1 };
}

/** Stored numbers → grey u8, by the linear function of DICOM PS3.3, C.11.2.1.2. */
export function grey(
  values: Values,
  slope: number,
  intercept: number,
  { center, width }: Window,
  isInverted: boolean,
): Uint8Array {
  const out = new Uint8Array(values.length);
  const [middle, steps] = [center - 0.5, Math.max(width - 1, 1e-9)];
  for (let i = 0; i < values.length; i++) {
    const share = (slope * values[i]! + intercept - middle) / steps + 0.5;
    const level = Math.round(255 * Math.min(1, Math.max(0, share)));
    out[i] = isInverted ? 255 - level : level;
  }
  return out;
}
