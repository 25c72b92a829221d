import { resizedRgb } from "../../image/recode.js";
import { at, type Corrupt, mapped, moved, normal } from "./plane.js";

/** What phones and their users do to pictures; the settings are this project's own. */

/** Fewer pixels: the shorter side as a share, and back, bicubic. */
export const resize: Corrupt = ({ values, size }, severity) => {
  const side = Math.max(1, Math.round(size * at([0.5, 0.35, 0.25, 0.18, 0.125], severity)));
  const bytes = Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round(255 * value))));
  const small = resizedRgb(bytes, { width: size, height: size }, { width: side, height: side });
  const back = resizedRgb(small, { width: side, height: side }, { width: size, height: size });
  return { values: Float32Array.from(back, (byte) => byte / 255), size };
};

/** A dark room: little light, raised again by the sensor's gain, which raises its noise, too. */
export const lowLight: Corrupt = (light, severity, random) => {
  const [share, noise] = at<readonly [number, number]>(
    [
      [0.6, 0.02],
      [0.45, 0.03],
      [0.32, 0.045],
      [0.22, 0.06],
      [0.15, 0.08],
    ],
    severity,
  );
  return mapped(light, (value) => {
    const seen = value * share;
    return seen + noise * normal(random) * Math.sqrt(0.2 + seen);
  });
};

/** A wrong white: red and blue against each other. */
export const whiteBalance: Corrupt = (light, severity, random) => {
  const shift = at([0.1, 0.2, 0.3, 0.42, 0.55], severity) * (random() < 0.5 ? -1 : 1);
  const gains = [1 + shift, 1, 1 - shift];
  return mapped(light, (value, i) => value * gains[i % 3]!);
};

/** Darker towards the corners, and bent as by a cheap lens. */
export const lens: Corrupt = ({ values, size }, severity) => {
  const [dark, bend] = at<readonly [number, number]>(
    [
      [0.3, 0.05],
      [0.45, 0.1],
      [0.6, 0.16],
      [0.75, 0.23],
      [0.9, 0.3],
    ],
    severity,
  );
  const middle = (size - 1) / 2;
  const away = (y: number, x: number): number =>
    ((y - middle) ** 2 + (x - middle) ** 2) / (2 * Math.max(0.5, middle) ** 2);
  const bent = moved(values, size, 3, (y, x) => {
    const factor = 1 + bend * away(y, x);
    return [middle + (y - middle) * factor, middle + (x - middle) * factor];
  });
  return mapped({ values: bent, size }, (value, i) => {
    const pixel = Math.floor(i / 3);
    return value * (1 - dark * away(Math.floor(pixel / size), pixel % size));
  });
};
