// Figures of all configurations beside each other.

import { card, colour, el, range, scroll, tile } from "./elements.js";
import { bytes, chance, number, percent, speed, t } from "./words.js";

// The fastest of those whose speed was measured.
export function fastest(all, note) {
  // Of cells that compute the same the fastest is chance.
  if (new Set(all.map(({ work, name }) => work ?? name)).size < 2 && all.length > 1) return null;
  const measured = all.filter(({ imagesPerSecond }) => imagesPerSecond !== null);
  if (measured.length === 0) return tile(t("fastest"), "–", "", "", t("cachedAll"));
  const fast = measured.reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a));
  const words = measured.length < all.length ? `${note(fast)}; ${t("cachedSome")}` : note(fast);
  return tile(t("fastest"), speed(fast.imagesPerSecond), t("perSecond"), fast.name, words);
}

/** Of the probabilities that classify gives: calibrated ones where there are some. */
const gapOf = ({ ece, calibrated }) => calibrated?.ece ?? ece;

export function tiles({ cells, comparisons }) {
  const by = (score) => cells.reduce((a, b) => (score(b) > score(a) ? b : a));
  const best = by(({ top1 }) => top1);
  // A model that guesses can know exactly how little it knows; that is no merit.
  const true_ = by((cell) => (cell.top1 >= best.top1 / 2 ? -gapOf(cell) : -2));
  // Against the next best of those that it was compared with.
  const own = comparisons.filter(({ first, second }) => first === best.name || second === best.name);
  const lead = own.toSorted((a, b) => Math.abs(a.difference) - Math.abs(b.difference))[0];
  return el(
    "div",
    { class: "tiles" },
    tile(
      t("best"),
      `${percent(best.top1)} %`,
      "",
      best.name,
      t("bestNote", { low: percent(best.intervals.top1.low), high: percent(best.intervals.top1.high) }),
    ),
    lead
      ? tile(
          t("lead"),
          t("leadPoints", { n: percent(Math.abs(lead.difference)) }),
          "",
          best.name,
          t(lead.adjustedP < 0.05 ? "leadSure" : "leadChance", {
            other: lead.first === best.name ? lead.second : lead.first,
            p: chance(lead.adjustedP),
          }),
        )
      : null,
    fastest(cells, ({ top1 }) => t("fastestNote", { top1: percent(top1) })),
    tile(t("truest"), `${percent(gapOf(true_))} %`, "", true_.name, t("truestNote")),
  );
}

export function figures({ cells, published }) {
  const sorted = cells.map((cell, i) => ({ cell, i })).sort((a, b) => b.cell.top1 - a.cell.top1);
  const others = Object.entries(published?.top1 ?? {}).sort((a, b) => b[1] - a[1]);
  const all = [
    ...cells.flatMap(({ intervals }) => [intervals.top1.low, intervals.top1.high]),
    ...others.map(([, top1]) => top1),
  ];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = Math.max(0.01, 0.08 * (high - low));
  const ends = [Math.max(0, low - room), Math.min(1, high + room)];
  const calibrated = cells.some((cell) => cell.calibrated);
  const more = ["top5", "perClass", "ece", ...(calibrated ? ["eceAfter"] : []), "speed", "memory"];
  const heads = ["model", "top1", "", ...more];
  const cellOf = (title, text) => el("td", { class: "num", "data-title": title }, text);
  const rows = sorted.map(({ cell, i }) =>
    el(
      "tr",
      {},
      el(
        "td",
        { class: "name" },
        el("span", { class: "swatch", style: { background: colour(i) } }),
        cell.name,
        cell.front ? el("span", { class: "tag good", title: t("onFront") }, t("front")) : null,
      ),
      cellOf(t("top1"), `${percent(cell.top1, 2)} %`),
      el("td", { class: "drawn" }, range(cell.intervals.top1.low, cell.intervals.top1.high, cell.top1, ends)),
      cellOf(t("top5"), `${percent(cell.top5)} %`),
      cellOf(t("perClass"), `${percent(cell.meanPerClass)} %`),
      cellOf(t("ece"), `${percent(cell.ece)} %`),
      calibrated ? cellOf(t("eceAfter"), cell.calibrated ? `${percent(cell.calibrated.ece)} %` : "–") : null,
      cellOf(t("speed"), speed(cell.imagesPerSecond)),
      cellOf(t("memory"), cell.memoryBytes ? bytes(cell.memoryBytes) : "–"),
    ),
  );
  const rest = others.map(([model, top1]) =>
    el(
      "tr",
      { class: "other" },
      el("td", { class: "name" }, model, el("span", { class: "tag plain" }, t("published"))),
      cellOf(t("top1"), `${percent(top1, 2)} %`),
      el("td", { class: "drawn" }, range(top1, top1, top1, ends, { off: true })),
      ...more.map(() => el("td", { class: "num empty" }, "")),
    ),
  );
  return card(
    t("figures"),
    `${t("figuresNote")}${published ? ` ${t("publishedFrom", { source: published.source })}` : ""}`,
    scroll(
      el(
        "table",
        { class: "stack" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            heads.map((key) =>
              el("th", { class: key === "model" || key === "" ? "" : "num" }, key === "" ? "" : t(key)),
            ),
          ),
        ),
        el("tbody", {}, rows, rest),
      ),
    ),
  );
}

const MOST_COMPARED = 24;

// Differences of a figure with their ranges, two by two; `what` tells the figure of each row where they are several.
export function compared(note, all, figure, what) {
  const sorted = all.slice(0, MOST_COMPARED);
  const most = Math.max(
    0.01,
    ...sorted.flatMap(({ interval }) => [Math.abs(interval.low), Math.abs(interval.high)]),
  );
  return card(
    t("pairs"),
    note,
    scroll(
      el(
        "table",
        { class: "stack" },
        el(
          "tbody",
          {},
          sorted.map((one) => {
            // The better one is named first.
            const turned = one.difference < 0;
            const [a, b] = turned ? [one.second, one.first] : [one.first, one.second];
            const sign = turned ? -1 : 1;
            const ends = turned
              ? [-one.interval.high, -one.interval.low]
              : [one.interval.low, one.interval.high];
            const real = one.adjustedP < 0.05;
            return el(
              "tr",
              {},
              el(
                "td",
                { class: "name" },
                t("better", { a, b }),
                what ? el("div", { class: "what" }, what(one)) : null,
              ),
              el(
                "td",
                { class: "drawn", style: { minWidth: "180px" } },
                range(ends[0], ends[1], sign * one.difference, [-most, most], { zero: true, off: !real }),
              ),
              el(
                "td",
                { class: "num", "data-title": figure },
                `+${percent(Math.abs(one.difference))} (${percent(ends[0])} – ${percent(ends[1])})`,
              ),
              el("td", { class: "num", "data-title": t("significance") }, `p ${chance(one.adjustedP)}`),
              el(
                "td",
                { class: "num" },
                el("span", { class: real ? "tag good" : "tag warn" }, t(real ? "real" : "chance")),
              ),
            );
          }),
        ),
      ),
    ),
  );
}

export function pairs({ comparisons }) {
  if (comparisons.length === 0) return null;
  const sorted = comparisons.toSorted((a, b) => a.adjustedP - b.adjustedP);
  return compared(t("pairsNote"), sorted, t("top1"));
}

export function levels({ cells }) {
  const known = cells[0].levels;
  if (known.length === 0) return null;
  const share = (title, value, { low, high }) =>
    el(
      "div",
      {},
      title ? el("small", {}, `${title} `) : null,
      `${percent(value)} %`,
      el("small", {}, ` ${percent(low)}–${percent(high)}`),
    );
  const rows = cells.map((cell, i) =>
    el(
      "tr",
      {},
      el(
        "td",
        { class: "name" },
        el("span", { class: "swatch", style: { background: colour(i) } }),
        cell.name,
      ),
      cell.levels.map(({ level, labels, top1, interval, summed, calibratedSummed }) =>
        el(
          "td",
          { class: "num", "data-title": t("level", { n: level, labels: number(labels) }) },
          el(
            "div",
            {},
            share("", top1, interval),
            summed ? share(t("summed"), summed.top1, summed.interval) : null,
            calibratedSummed
              ? share(t("calibratedSummed"), calibratedSummed.top1, calibratedSummed.interval)
              : null,
          ),
        ),
      ),
      el("td", { class: "num", "data-title": t("classesLevel") }, `${percent(cell.top1)} %`),
    ),
  );
  const heads = [
    ...known.map(({ level, labels }) => t("level", { n: level, labels: number(labels) })),
    t("classesLevel"),
  ];
  return card(
    t("levels"),
    known[0].summed ? `${t("levelsNote")} ${t("summedNote")}` : t("levelsNote"),
    scroll(
      el(
        "table",
        { class: "stack" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", {}, t("model")),
            heads.map((head) => el("th", { class: "num" }, head)),
          ),
        ),
        el("tbody", {}, rows),
      ),
    ),
  );
}
