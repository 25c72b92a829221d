// Parts of the page. Words and names from outside are only ever set as text.
import { state } from "./state.js";
import { t } from "./words.js";

const COLOURS = {
  light: ["#3457d5", "#d1495b", "#17876d", "#b7791f", "#7b4fb5", "#2b8fb3", "#8a6d3b", "#5b6470"],
  dark: ["#8aa4ff", "#ff8a96", "#4fd1ad", "#f0bb5f", "#c19bf2", "#62c8ea", "#d3b483", "#a9b4c0"],
};

export function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (name === "class") node.className = value;
    else if (name === "style") Object.assign(node.style, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  for (const child of children.flat(Number.POSITIVE_INFINITY)) {
    if (child !== undefined && child !== null) node.append(child);
  }
  return node;
}

export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const colour = (i) => COLOURS[state.theme][i % COLOURS[state.theme].length];

export const card = (title, note, ...children) =>
  el(
    "section",
    { class: "card" },
    el("h2", {}, title),
    note ? el("p", { class: "note" }, note) : null,
    ...children,
  );

// What may be wider than its card; where it is, a shade and a word say that it goes on.
export function scroll(...children) {
  const inside = el("div", { class: "scroll", role: "group", tabindex: "0" }, ...children);
  const hint = el("p", { class: "hint" }, t("sideways"));
  const box = el("div", { class: "scrolls" }, inside, hint);
  const look = () => {
    const left = inside.scrollWidth - inside.clientWidth;
    box.classList.toggle("wide", left > 1);
    box.classList.toggle("before", inside.scrollLeft > 1);
    box.classList.toggle("after", inside.scrollLeft < left - 1);
  };
  inside.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(inside);
  return box;
}

// A mark between two ends, with its range; `zero` draws a line there.
export function range(low, high, at, [from, to], options = {}) {
  const place = (value) => `${(100 * (Math.min(to, Math.max(from, value)) - from)) / (to - from || 1)}%`;
  const width = `${(100 * (Math.min(to, high) - Math.max(from, low))) / (to - from || 1)}%`;
  return el(
    "div",
    { class: options.off ? "range off" : "range", "aria-hidden": "true" },
    options.zero ? el("u", { style: { left: place(0) } }) : null,
    el("i", { style: { left: place(low), width } }),
    el("b", { style: { left: place(at) } }),
  );
}

export function tile(label, value, unit, who, note) {
  return el(
    "div",
    { class: "tile" },
    el("div", { class: "label" }, label),
    el("div", { class: "value" }, value, unit ? el("small", {}, ` ${unit}`) : null),
    who ? el("div", { class: "who" }, who) : null,
    el("p", { class: "note" }, note),
  );
}
