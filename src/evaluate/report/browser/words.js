// Words and numbers in the language that was chosen.
import { state, WORDS } from "./state.js";

export const t = (key, values = {}) =>
  WORDS[key][state.language].replace(/\{(\w+)\}/g, (whole, name) =>
    name in values ? String(values[name]) : whole,
  );

export const locale = () => (state.language === 1 ? "zh-CN" : "en");

export const number = (value, digits = 0) =>
  value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const percent = (share, digits = 1) => number(100 * share, digits);

export const speed = (value) => (value === null ? t("cached") : number(value, value < 10 ? 1 : 0));

export const bytes = (count) => (count >= 1e9 ? `${number(count / 1e9, 1)} GB` : `${number(count / 1e6)} MB`);

export const chance = (p) => (p < 0.001 ? "< 0.001" : `= ${number(p, 3)}`);
