// Words and numbers in the language that was chosen.
import { state, WORDS } from "./state.js";

export const t = (key, values = {}) =>
  WORDS[key][state.language].replace(/\{(\w+)\}/g, (whole, name) =>
    name in values ? String(values[name]) : whole,
  );

// How many of something; of one in its own words, where there are any.
export const many = (key, n) => (n === 1 && `${key}1` in WORDS ? t(`${key}1`) : t(key, { n: number(n) }));

export const locale = () => (state.language === 1 ? "zh-CN" : "en");

// A hair below 0 is 0.
export const number = (value, digits = 0) =>
  (Number(value.toFixed(digits)) || 0).toLocaleString(locale(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

export const percent = (share, digits = 1) => number(100 * share, digits);

export const speed = (value) => (value === null ? t("cached") : number(value, value < 10 ? 1 : 0));

export const bytes = (count) => (count >= 1e9 ? `${number(count / 1e9, 1)} GB` : `${number(count / 1e6)} MB`);

export const chance = (p) => (p < 0.001 ? "< 0.001" : `= ${number(p, 3)}`);
