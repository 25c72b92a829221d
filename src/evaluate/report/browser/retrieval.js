// What is shown of captions.

import { card, colour, el, range, tile } from "./elements.js";
import { DATA, state } from "./state.js";
import { compared, fastest } from "./tables.js";
import { bytes, number, percent, t } from "./words.js";

const WAYS = ["textToImage", "imageToText"];

const KS = ["r1", "r5", "r10"];

export function recallTiles({ results }) {
  const by = (score) => results.reduce((a, b) => (score(b) > score(a) ? b : a));
  const bests = WAYS.map((way, i) => {
    const best = by((one) => one[way].r1);
    const { low, high } = best.intervals[way].r1;
    return tile(
      t(i === 0 ? "best1" : "best1Image"),
      `${percent(best[way].r1)} %`,
      "",
      best.name,
      t("bestNote", { low: percent(low), high: percent(high) }),
    );
  });
  return el(
    "div",
    { class: "tiles" },
    bests,
    fastest(results, ({ memoryBytes }) => t("memoryNote", { memory: bytes(memoryBytes) })),
  );
}

export function recalls({ results }) {
  const tables = WAYS.map((way) => {
    const sorted = results.map((one, i) => ({ one, i })).sort((a, b) => b.one[way].r1 - a.one[way].r1);
    const blocks = sorted.map(({ one, i }) =>
      el(
        "div",
        { class: "recall" },
        results.length > 1
          ? el(
              "div",
              { class: "name" },
              el("span", { class: "swatch", style: { background: colour(i) } }),
              one.name,
            )
          : null,
        KS.map((k) => {
          const { low, high } = one.intervals[way][k];
          return [
            el("div", {}, `R@${k.slice(1)}`),
            el("div", { class: "num" }, `${percent(one[way][k])} %`),
            range(low, high, one[way][k], [0, 1]),
            el("div", { class: "num faint" }, `${percent(low)}–${percent(high)}`),
          ];
        }),
      ),
    );
    return el("div", { class: "half" }, el("h3", {}, t(way)), blocks);
  });
  return card(t("retrieval"), t("retrievalNote"), el("div", { class: "halves" }, tables));
}

export function recallPairs({ comparisons }) {
  if (comparisons.length === 0) return null;
  const sorted = comparisons.toSorted(
    (a, b) => KS.indexOf(a.recall) - KS.indexOf(b.recall) || a.adjustedP - b.adjustedP,
  );
  const what = ({ way, recall }) => `${t(way)} · R@${recall.slice(1)}`;
  return compared(t("recallPairsNote"), sorted, "", what);
}

export const asked = el("div");

export function drawAsked() {
  const { results, shown } = DATA.retrieval;
  const result = results[Math.min(state.cell, results.length - 1)];
  const picture = (position, own) => {
    const { name, thumb } = shown[position];
    return el(
      "div",
      { class: position === own ? "frame own" : "frame", title: name },
      thumb ? el("img", { src: thumb, alt: name, loading: "lazy" }) : t("noThumb"),
    );
  };
  const queries = result.shown[state.query].map(({ caption, image, rank, found }) =>
    el(
      "li",
      {},
      el(
        "p",
        {},
        caption,
        rank === 0 ? null : el("span", { class: "tag warn" }, t("rankOf", { n: number(rank + 1) })),
      ),
      el(
        "div",
        { class: "strip" },
        found.map((position) => picture(position, image)),
        found.includes(image) ? null : el("div", { class: "gap" }, "…"),
        found.includes(image) ? null : picture(image, image),
      ),
    ),
  );
  asked.replaceChildren(
    card(
      t("queries"),
      t("queriesNote"),
      el(
        "div",
        { class: "tabs" },
        ["missed", "found"].map((kind) =>
          el(
            "button",
            {
              type: "button",
              "aria-pressed": String(kind === state.query),
              onclick: () => {
                state.query = kind;
                drawAsked();
              },
            },
            t(kind),
          ),
        ),
      ),
      queries.length === 0
        ? el("p", { class: "note" }, t("noPictures"))
        : el("ul", { class: "queries" }, queries),
    ),
  );
}
